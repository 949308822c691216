import { FinishReason } from "@parlance/sdk";
import type { Piece } from "./behaviour.js";
import { tokenize } from "./tokens.js";

/** A piece as far as it is said. */
export interface SpokenPiece {
  readonly piece: Piece;
  /** Its tokens, in order. */
  readonly tokens: readonly string[];
  /** False when a limit cut it short. */
  readonly whole: boolean;
}

/** What is said of an answer, and how it ends. */
export interface Speech {
  readonly spoken: readonly SpokenPiece[];
  readonly finish: { readonly reason: FinishReason; readonly raw: string; readonly stopSequence?: string };
}

/**
 * Cuts an answer at the first stop sequence in its text, then at the limit of tokens. Stop sequences are looked for in
 * text alone, not in reasoning, refusals or arguments; the limit counts all of them.
 */
export function cutAnswer(pieces: readonly Piece[], stop: readonly string[], maxTokens: number | undefined): Speech {
  const limit = maxTokens ?? Number.POSITIVE_INFINITY;
  const spoken: SpokenPiece[] = [];
  let said = 0;
  for (const piece of pieces) {
    const met = piece.kind === "text" ? firstStop(piece.text, stop) : undefined;
    const tokens = tokenize(met ? piece.text.slice(0, met.at) : piece.text);
    if (said + tokens.length > limit || (said === limit && !met)) {
      const left = tokens.slice(0, limit - said);
      if (left.length > 0) spoken.push({ piece, tokens: left, whole: false });
      return { spoken, finish: { reason: FinishReason.LENGTH, raw: "length" } };
    }
    said += tokens.length;
    spoken.push({ piece, tokens, whole: !met });
    if (met) return { spoken, finish: { reason: FinishReason.STOP, raw: "stop", stopSequence: met.sequence } };
  }
  const calls = pieces.some((piece) => piece.kind === "toolCall");
  const reason = calls ? FinishReason.TOOL_CALLS : FinishReason.STOP;
  return { spoken, finish: { reason, raw: calls ? "tool_calls" : "stop" } };
}

function firstStop(text: string, stop: readonly string[]): { at: number; sequence: string } | undefined {
  let first: { at: number; sequence: string } | undefined;
  for (const sequence of stop) {
    const at = sequence === "" ? -1 : text.indexOf(sequence);
    if (at >= 0 && (first === undefined || at < first.at)) first = { at, sequence };
  }
  return first;
}
