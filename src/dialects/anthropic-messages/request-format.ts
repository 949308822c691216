import {
  create,
  isObject,
  type JsonObject,
  type Reasoning,
  ReasoningEffort,
  ReasoningSchema,
  ResponseFormatSchema,
} from "../../sdk/index.js";
import { isCount, isString } from "./checks.js";
import { plain, WireObject } from "./own.js";
import type { RequestInit } from "./request-init.js";
import { EFFORTS } from "./wire.js";

/**
 * Takes `thinking` and `output_config.effort` as the wish to reason.
 * https://platform.claude.com/docs/en/build-with-claude/extended-thinking, .../adaptive-thinking, .../effort
 * A kind of thinking that the vocabulary does not know stays a field of the dialect.
 */
export function takeReasoning(wire: WireObject, init: RequestInit): void {
  const reasoning = create(ReasoningSchema);
  const taken = takeThinking(wire, reasoning);
  const config = wire.peek("output_config");
  const word = isObject(config) ? config.effort : undefined;
  const effort = isString(word) ? EFFORTS.get(word) : undefined;
  if (effort !== undefined && reasoning.effort !== ReasoningEffort.NONE) {
    const { effort: _, ...others } = config as JsonObject;
    wire.take("output_config");
    if (Object.keys(others).length > 0) wire.keep("output_config", others);
    reasoning.effort = effort;
    // Effort without thinking steers the length of the answer too; a target of this dialect gets it as it was.
    if (!taken) wire.note("effort", "alone");
  } else if (!taken) {
    return;
  }
  init.reasoning = reasoning;
}

function takeThinking(wire: WireObject, reasoning: Reasoning): boolean {
  const value = wire.peek("thinking");
  if (!isObject(value)) return false;
  const { type, ...others } = value;
  if (type === "enabled" && isCount(others.budget_tokens)) {
    reasoning.budgetTokens = others.budget_tokens;
    delete others.budget_tokens;
  } else if (type === "adaptive") {
    reasoning.adaptive = true;
  } else if (type === "disabled") {
    reasoning.effort = ReasoningEffort.NONE;
  } else {
    return false;
  }
  wire.take("thinking");
  if (others.display === "summarized" || others.display === "omitted") {
    reasoning.visible = others.display === "summarized";
    delete others.display;
  }
  if (Object.keys(others).length > 0) wire.keep("thinking", others);
  return true;
}

/**
 * Takes `output_config.format`, or `output_format` as an earlier version of the wire has it.
 * https://platform.claude.com/docs/en/build-with-claude/structured-outputs
 */
export function takeResponseFormat(wire: WireObject, init: RequestInit): void {
  const config = wire.peek("output_config");
  const inner = isObject(config) ? config.format : undefined;
  const outer = wire.peek("output_format");
  const place = isObject(inner) ? "output_config" : "output_format";
  const value = isObject(inner) ? inner : outer;
  if (!isObject(value) || value.type !== "json_schema" || !isObject(value.schema)) return;
  if (place === "output_config") {
    const { format: _, ...others } = config as JsonObject;
    wire.take("output_config");
    if (Object.keys(others).length > 0) wire.keep("output_config", others);
  } else {
    wire.take("output_format");
  }
  const format = new WireObject(value, place);
  format.take("type");
  const schema = plain(format.take("schema") as JsonObject) as JsonObject;
  const name = format.takeIf("name", isString);
  const description = format.takeIf("description", isString);
  format.note("place", place);
  const extensions = format.extensions();
  init.responseFormat = create(ResponseFormatSchema, {
    kind: {
      case: "jsonSchema",
      value: { schema, ...(name !== undefined && { name }), ...(description !== undefined && { description }) },
    },
    ...(extensions && { extensions }),
  });
}
