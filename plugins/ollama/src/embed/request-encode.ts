import {
  type EmbeddingInput,
  type EmbeddingRequest,
  invalid,
  isObject,
  type JsonObject,
  type Losses,
  ownFields,
  tellForeignFields,
} from "@parlance/sdk";
import { DIALECT } from "../chat/wire.js";
import type { Defaults } from "../defaults.js";

/** Writes a request for a target. Of `defaults` a model that makes embeddings knows the options and how long it stays. */
export function encodeRequest(
  request: EmbeddingRequest,
  target: { readonly model: string; readonly losses: Losses },
  defaults: Defaults,
): string {
  const { losses } = target;
  tellForeignFields(request, "", DIALECT, losses);
  if (request.endUser !== undefined) losses.drop("end_user", "The target's dialect has no such field.");
  const { options: kept, ...fields } = ownFields(request, DIALECT);
  const options = { ...defaults.options, ...(isObject(kept) ? kept : {}) };
  const out: JsonObject = {
    ...(defaults.keepAlive !== undefined && { keep_alive: defaults.keepAlive }),
    ...fields,
    model: target.model,
    input: request.inputs.map(textOfInput),
  };
  if (request.dimensions !== undefined) out.dimensions = request.dimensions;
  for (const _ in options) out.options = options;
  return JSON.stringify(out);
}

function textOfInput({ kind }: EmbeddingInput, index: number): string {
  if (kind.case === "text") return kind.value;
  throw invalid(`inputs[${index}]`, `inputs[${index}] must be text: the target takes no ids of tokens.`);
}
