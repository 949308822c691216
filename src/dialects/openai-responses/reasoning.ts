import {
  type ChatRequest,
  isObject,
  type JsonObject,
  type Losses,
  type MessageInitShape,
  type ModelTraits,
  ReasoningEffort,
  type ReasoningSchema,
} from "../../sdk/index.js";
import { isString } from "../openai-chat/checks.js";
import { formOf, type WireObject } from "./own.js";
import { EFFORTS, wordFor } from "./wire.js";

/** `reasoning`: its effort, and whether a summary is shown. What else it holds stays a field of the dialect. */
export function takeReasoning(wire: WireObject): MessageInitShape<typeof ReasoningSchema> | undefined {
  const object = wire.peek("reasoning");
  if (!isObject(object)) return undefined;
  wire.take("reasoning");
  const { effort, summary, ...others } = object;
  const known = isString(effort) ? EFFORTS[effort] : undefined;
  if (effort !== undefined && known === undefined) others.effort = effort;
  if (summary !== undefined && !isString(summary)) others.summary = summary;
  const fields: JsonObject = {};
  const nulls: JsonObject = {};
  for (const name of Object.keys(others)) (others[name] === null ? nulls : fields)[name] = others[name] ?? null;
  if (Object.keys(fields).length > 0) wire.keep("reasoning", fields);
  wire.note("reasoning", { ...nulls, ...(isString(summary) && { summary }) });
  return {
    ...(known !== undefined && { effort: known }),
    ...(isString(summary) && { visible: true }),
  };
}

/** `reasoning` of a request; undefined when nothing is to be said. */
export function writeReasoning(request: ChatRequest, traits: ModelTraits, losses: Losses): JsonObject | undefined {
  const { reasoning } = request;
  if (reasoning === undefined) return undefined;
  if (traits.reasoning === "none") {
    if (reasoning.effort !== ReasoningEffort.NONE) losses.drop("reasoning", "The target's model does not reason.");
    return undefined;
  }
  const form = formOf(request).reasoning;
  const out: JsonObject = isObject(form) ? { ...form } : {};
  const effort = wordFor(EFFORTS, reasoning.effort);
  if (effort !== undefined) out.effort = effort;
  if (reasoning.budgetTokens !== undefined) {
    if (effort === undefined) out.effort = effortFor(reasoning.budgetTokens);
    losses.approximate(
      "reasoning.budget_tokens",
      `The target takes an effort, not a budget: ${String(out.effort)} is asked for.`,
    );
  }
  if (reasoning.adaptive !== undefined && effort === undefined && reasoning.budgetTokens === undefined) {
    losses.drop("reasoning.adaptive", "The target's model decides by itself how much to reason, or not at all.");
  }
  if (reasoning.visible === true) out.summary ??= "auto";
  return isObject(form) || Object.keys(out).length > 0 ? out : undefined;
}

/** Steps at the sizes where the owners of budgets draw theirs: 1,024 is the least, 4,096 and 16,384 the usual ones. */
function effortFor(budget: number): string {
  if (budget === 0) return "none";
  if (budget <= 4096) return "low";
  return budget <= 16384 ? "medium" : "high";
}
