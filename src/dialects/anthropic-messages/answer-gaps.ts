import { ToolKind } from "../../sdk/index.js";
import type { AnswerGaps } from "../answer-losses.js";
import { DIALECT } from "./wire.js";

const NO_AUDIO = "The wire counts no tokens of sound apart.";

/** What answers of this dialect have no place for. */
export const ANSWER_GAPS: AnswerGaps = {
  choices: "The wire has one answer only.",
  logprobs: "The wire has no log probabilities.",
  usage: { inputAudioTokens: NO_AUDIO, outputAudioTokens: NO_AUDIO },
  part({ kind }) {
    switch (kind.case) {
      case "image":
      case "file":
      case "toolResult":
        return { kind: "dropped", reason: "The wire has no place for it in an answer." };
      case "opaque":
        return kind.value.dialect === DIALECT
          ? undefined
          : { kind: "dropped", reason: `Only the dialect ${kind.value.dialect} has this piece.` };
      case "audio":
        return { kind: "approximated", reason: "The wire has no sound: its words are told." };
      case "toolCall":
        return kind.value.kind === ToolKind.CUSTOM
          ? { kind: "approximated", reason: "The wire calls tools with JSON only: the text is the member `input`." }
          : undefined;
      default:
        return undefined;
    }
  },
};
