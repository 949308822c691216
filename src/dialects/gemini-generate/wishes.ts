import { type EmbeddingRequest, isObject, type JsonObject, type Losses } from "../../sdk/index.js";

/**
 * What a caller wants of its vectors in fields that the vocabulary does not have, by name. They may be written as Google
 * writes them in either of its spellings (`task_type`, `taskType`), in the fields of any dialect. The rest is a loss.
 */
export function geminiWishes(request: EmbeddingRequest, known: readonly string[], losses: Losses): JsonObject {
  const found: JsonObject = {};
  for (const [dialect, fields] of Object.entries(request.extensions ?? {})) {
    if (!isObject(fields)) continue;
    for (const [name, value] of Object.entries(fields)) {
      const spelled = name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
      if (known.includes(spelled)) found[spelled] ??= value;
      else if (!name.startsWith("$") && value !== null) {
        losses.drop(`extensions.${dialect}.${name}`, "The target has no such field for embeddings.");
      }
    }
  }
  if (request.endUser !== undefined) losses.drop("end_user", "The target takes no name of the caller's user.");
  return found;
}
