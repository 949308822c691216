import {
  type EmbeddingInput,
  type EmbeddingRequest,
  invalid,
  type JsonObject,
  type Losses,
  ownFields,
  tellForeignFields,
} from "@parlance/sdk";
import { DIALECT } from "../chat/wire.js";
import type { Defaults } from "../defaults.js";

/**
 * Writes a request for a target. What embeddings are made for (`input_type`) must be told; fields of the dialect that the
 * caller kept win over `defaults`. A text that is the `data:` address of a picture is one.
 */
export function encodeRequest(
  request: EmbeddingRequest,
  target: { readonly model: string; readonly losses: Losses },
  { inputType, truncate }: Defaults,
): string {
  const { losses, model } = target;
  tellForeignFields(request, "", DIALECT, losses);
  if (request.endUser !== undefined) losses.drop("end_user", "The target's dialect has no such field.");
  const out: JsonObject = {
    input_type: inputType,
    embedding_types: ["float"],
    ...(truncate !== undefined && { truncate }),
    ...ownFields(request, DIALECT),
    model,
    ...inputsOf(request.inputs.map(textOf), model),
  };
  if (request.dimensions !== undefined) out.output_dimension = request.dimensions;
  return JSON.stringify(out);
}

function textOf({ kind }: EmbeddingInput, index: number): string {
  if (kind.case === "text") return kind.value;
  throw invalid(`inputs[${index}]`, `inputs[${index}] must be text: the target takes no ids of tokens.`);
}

/** Models of version 3 take pictures by themselves only, and say so: https://docs.cohere.com/docs/multimodal-embeddings */
function inputsOf(texts: readonly string[], model: string): JsonObject {
  if (!texts.some(isPicture)) return { texts: [...texts] };
  if (!/-v3\b/.test(model)) return { inputs: texts.map((text) => ({ content: [pieceOf(text)] })) };
  const words = texts.findIndex((text) => !isPicture(text));
  if (words === -1) return { images: [...texts], input_type: "image" };
  throw invalid(
    `inputs[${words}]`,
    `inputs[${words}] is text, which the target's model does not take beside pictures.`,
  );
}

function pieceOf(text: string): JsonObject {
  return isPicture(text) ? { type: "image_url", image_url: { url: text } } : { type: "text", text };
}

function isPicture(text: string): boolean {
  return /^data:image\/[\w.+-]+;base64,/.test(text);
}
