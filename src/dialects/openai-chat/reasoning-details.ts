import { isObject, type JsonObject, type JsonValue } from "../../sdk/index.js";

const TEXTS = ["text", "summary", "data"];

/** The readable words of `reasoning_details`, for servers that tell reasoning nowhere else. */
export function reasoningText(details: JsonValue | undefined): string {
  if (!Array.isArray(details)) return "";
  return details
    .map((item) => (isObject(item) ? (item.text ?? item.summary) : ""))
    .filter((text) => typeof text === "string")
    .join("");
}

/** Adds streamed pieces of `reasoning_details` to what came before: a piece of the same index and type goes on with it. */
export function mergeReasoningDetails(before: JsonValue | undefined, pieces: readonly JsonValue[]): JsonValue[] {
  const list: JsonValue[] = Array.isArray(before) ? [...before] : [];
  for (const piece of pieces) {
    const last = list[list.length - 1];
    if (isObject(piece) && isObject(last) && goesOn(last, piece)) list[list.length - 1] = join(last, piece);
    else list.push(piece);
  }
  return list;
}

function goesOn(last: JsonObject, piece: JsonObject): boolean {
  return last.type === piece.type && last.index === piece.index && (piece.id === undefined || last.id === piece.id);
}

function join(last: JsonObject, piece: JsonObject): JsonObject {
  const out: JsonObject = { ...last, ...piece };
  for (const name of TEXTS) {
    if (typeof last[name] === "string" || typeof piece[name] === "string")
      out[name] = `${last[name] ?? ""}${piece[name] ?? ""}`;
  }
  return out;
}
