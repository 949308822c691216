import { type JsonObject, type Losses, tellHomelessFields, type ToolResultPart } from "@parlance/sdk";
import { encodeFile, tellPart } from "./parts-encode.js";
import { DIALECT } from "./wire.js";

/** The result of a call: its words, or words and documents (https://docs.cohere.com/docs/tool-use-overview). */
export function encodeResult(result: ToolResultPart, path: string, losses: Losses): JsonObject {
  if (result.isError === true) losses.drop(`${path}.is_error`, "The target cannot be told that a tool failed.");
  const pieces = result.content.flatMap((part, at): JsonObject[] => {
    const place = `${path}.content[${at}]`;
    tellPart(part, place, losses);
    if (part.kind.case === "toolCall") tellHomelessFields(part, place, DIALECT, losses);
    switch (part.kind.case) {
      case "text":
        part.kind.value.citations.forEach((_, index) => {
          losses.drop(`${place}.text.citations[${index}]`, "The target takes citations of its own answers only.");
        });
        return [{ type: "text", text: part.kind.value.text }];
      case "file": {
        const document = encodeFile(part.kind.value, place, losses);
        return document === undefined ? [] : [{ type: "document", document }];
      }
      default:
        losses.drop(place, "The target takes words and documents as results of tools.");
        return [];
    }
  });
  const [only] = pieces;
  return {
    role: "tool",
    tool_call_id: result.toolCallId,
    content: pieces.length === 0 ? "" : pieces.length === 1 && only?.type === "text" ? (only.text ?? "") : pieces,
  };
}
