import {
  type EmbeddingResult,
  extensionsOf,
  isObject,
  type JsonObject,
  type JsonValue,
  LossKind,
  type Usage,
} from "../../sdk/index.js";
import { writeBase64Vector } from "./vectors.js";
import { DIALECT } from "./wire.js";

/** Writes a whole answer, vectors as the caller asked for them; losses are told in its member `parlance`. */
export function encodeResponse(
  result: EmbeddingResult,
  context: { readonly model: string; readonly base64: boolean },
): string {
  const { form, fields } = keptOf(result);
  const order = Array.isArray(form.order) ? form.order : undefined;
  const embeddings =
    order?.length === result.embeddings.length
      ? order.flatMap((index) => result.embeddings.find((embedding) => embedding.index === index) ?? [])
      : result.embeddings;
  const out: JsonObject = {
    object: "list",
    data: embeddings.map((embedding) => {
      const kept = keptOf(embedding);
      return formed(
        {
          object: "embedding",
          index: embedding.index,
          embedding: context.base64 ? writeBase64Vector(embedding.vector) : [...embedding.vector],
          ...kept.fields,
        },
        kept.form,
      );
    }),
    model: result.model === "" ? context.model : result.model,
    ...fields,
  };
  if (result.usage !== undefined) out.usage = encodeUsage(result.usage);
  if (result.losses.length > 0) {
    out.parlance = {
      losses: result.losses.map(({ path, kind, reason }) => ({
        path,
        kind: kind === LossKind.APPROXIMATED ? "approximated" : "dropped",
        reason,
      })),
    };
  }
  return JSON.stringify(formed(out, form));
}

function encodeUsage(usage: Usage): JsonObject {
  const { form, fields } = keptOf(usage);
  const out: JsonObject = {};
  if (usage.inputTokens !== undefined) out.prompt_tokens = usage.inputTokens;
  if (form.total_tokens !== "absent") out.total_tokens = usage.inputTokens ?? 0;
  return { ...out, ...fields };
}

function keptOf(noun: { readonly extensions?: JsonObject | undefined }): { form: JsonObject; fields: JsonObject } {
  const { $form, ...fields } = extensionsOf(noun, DIALECT) ?? {};
  return { form: isObject($form) ? $form : {}, fields };
}

/** Members that came in another form than is written, or not at all. */
function formed(out: JsonObject, form: JsonObject): JsonObject {
  for (const name of ["object", "index", "model"]) {
    const came: JsonValue | undefined = form[name];
    if (came === undefined) continue;
    if (came === "absent") delete out[name];
    else out[name] = came;
  }
  return out;
}
