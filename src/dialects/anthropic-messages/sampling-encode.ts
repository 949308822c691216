import type { ChatRequest, JsonObject, Losses, ModelTraits } from "../../sdk/index.js";

/**
 * Writes how the model samples, as far as it lets itself be told. Newer models take only their defaults
 * (`temperature` 1, `top_p` from 0.99, no `top_k`), some take one of temperature and top_p, and while they think all
 * take no temperature and no `top_k`: https://platform.claude.com/docs/en/api/messages/create.
 * `own`: the request came in this dialect.
 */
export function writeSampling(
  request: ChatRequest,
  out: JsonObject,
  traits: ModelTraits,
  own: boolean,
  losses: Losses,
): void {
  const { temperature, topP, topK } = request;
  const fixed = traits.sampling === "fixed";
  const thinks = !own && isObjectOfType(out.thinking, ["enabled", "adaptive"]);
  const why = fixed
    ? "The target's model samples in its own way only."
    : "The target's model takes it not while it reasons.";
  if (temperature !== undefined) {
    if ((fixed || thinks) && temperature !== 1) losses.drop("temperature", why);
    else if (temperature > 1) {
      out.temperature = 1;
      losses.approximate("temperature", "The target takes temperatures up to 1: 1 is sent.");
    } else out.temperature = temperature;
  }
  if (topP !== undefined) {
    if (fixed && topP < 0.99) losses.drop("top_p", why);
    else if (traits.sampling === "one_of_temperature_top_p" && temperature !== undefined) {
      losses.drop("top_p", "The target's model takes temperature or top_p, not both.");
    } else out.top_p = topP;
  }
  if (topK !== undefined) {
    if (fixed || thinks) losses.drop("top_k", why);
    else out.top_k = topK;
  }
  writeStop(request, out, own, losses);
}

function writeStop(request: ChatRequest, out: JsonObject, own: boolean, losses: Losses): void {
  const sequences = request.stop.filter((sequence, index) => {
    // "stop_sequences: each stop sequence must contain non-whitespace"
    const said = own || sequence.trim() !== "";
    if (!said) losses.drop(`stop[${index}]`, "The target takes no stop sequence of white space alone.");
    return said;
  });
  if (sequences.length > 0) out.stop_sequences = sequences;
}

function isObjectOfType(value: JsonObject[string] | undefined, types: readonly string[]): boolean {
  return typeof value === "object" && value !== null && !Array.isArray(value) && types.includes(String(value.type));
}
