import { create, isObject, type JsonObject, type Usage, UsageSchema } from "@parlance/sdk";
import { DIALECT, isCount } from "./wire.js";

/** Numbers of an answer's last line that tell what it took. Durations are nanoseconds: https://docs.ollama.com/api/usage */
export const USAGE_FIELDS: ReadonlySet<string> = new Set([
  "total_duration",
  "load_duration",
  "prompt_eval_count",
  "prompt_eval_duration",
  "eval_count",
  "eval_duration",
]);

/**
 * What an answer took; undefined where nothing is told. A prompt that was cached whole comes without its count, which is
 * not known then: it is not none.
 */
export function decodeUsage(body: JsonObject): Usage | undefined {
  const usage = create(UsageSchema);
  const further: JsonObject = {};
  for (const name of USAGE_FIELDS) {
    const value = body[name];
    if (value === undefined || value === null) continue;
    if (name === "prompt_eval_count" && isCount(value)) usage.inputTokens = value;
    else if (name === "eval_count" && isCount(value)) usage.outputTokens = value;
    else further[name] = value;
  }
  for (const _ in further) usage.extensions = { [DIALECT]: further };
  const tells = usage.inputTokens !== undefined || usage.outputTokens !== undefined || isObject(usage.extensions);
  return tells ? usage : undefined;
}
