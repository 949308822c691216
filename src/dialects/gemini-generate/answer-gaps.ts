import { ToolKind } from "../../sdk/index.js";
import type { AnswerGaps } from "../answer-losses.js";
import { DIALECT } from "./wire.js";

/** What answers of this dialect have no place for. */
export const ANSWER_GAPS: AnswerGaps = {
  part({ kind }) {
    switch (kind.case) {
      case "toolResult":
        return { kind: "dropped", reason: "The wire has no place for it in an answer." };
      case "opaque":
        return kind.value.dialect === DIALECT
          ? undefined
          : { kind: "dropped", reason: `Only the dialect ${kind.value.dialect} has this piece.` };
      case "reasoning":
        return kind.value.dialect !== DIALECT &&
          (kind.value.signature !== undefined || kind.value.encryptedContent !== undefined)
          ? { kind: "approximated", reason: "The words are told without the other provider's seal." }
          : undefined;
      case "toolCall":
        return kind.value.kind === ToolKind.CUSTOM
          ? { kind: "approximated", reason: "The wire calls tools with JSON only: the text is the member `input`." }
          : undefined;
      default:
        return undefined;
    }
  },
};
