import {
  type Chunk,
  chunks,
  create,
  LogprobsSchema,
  type MessageInitShape,
  type PartSchema,
  ToolKind,
} from "@parlance/sdk";
import type { Piece } from "./behaviour.js";
import type { SpokenPiece } from "./cut.js";
import { tokenLogprob } from "./logprobs.js";
import type { Random } from "./random.js";

/** Chunks that are sent together. */
export interface Beat {
  readonly chunks: readonly Chunk[];
  /** Whether they carry a token, before which the pace waits. */
  readonly token: boolean;
}

/** Log probabilities that were asked for: how many alternatives, and what they are made up from. */
export interface LogprobWish {
  readonly top: number;
  readonly random: Random;
}

/** The beats of one piece: its start, one for every token, its end. */
export function* pieceBeats(
  { piece, tokens, whole }: SpokenPiece,
  choice: number,
  part: number,
  wish: LogprobWish | undefined,
): Generator<Beat> {
  yield { chunks: [chunks.partStart(choice, part, opening(piece))], token: false };
  for (const token of tokens) yield { chunks: tokenChunks(piece, choice, part, token, wish), token: true };
  const last: Chunk[] = [];
  if (piece.kind === "reasoning" && whole) last.push(chunks.reasoningDelta(choice, part, "", piece.signature));
  yield { chunks: [...last, chunks.partEnd(choice, part)], token: false };
}

function opening(piece: Piece): MessageInitShape<typeof PartSchema> {
  switch (piece.kind) {
    case "text":
      return { kind: { case: "text", value: {} } };
    case "refusal":
      return { kind: { case: "refusal", value: {} } };
    case "reasoning":
      // The seal is the simulator's own: without its name another provider would be sent it and refuse.
      return { kind: { case: "reasoning", value: { dialect: "simulator" } } };
    case "toolCall": {
      const kind = piece.custom ? ToolKind.CUSTOM : ToolKind.FUNCTION;
      return { kind: { case: "toolCall", value: { id: piece.id, name: piece.name, kind } } };
    }
  }
}

function tokenChunks(
  piece: Piece,
  choice: number,
  part: number,
  token: string,
  wish: LogprobWish | undefined,
): Chunk[] {
  switch (piece.kind) {
    case "reasoning":
      return piece.hidden ? [] : [chunks.reasoningDelta(choice, part, token)];
    case "toolCall":
      return [chunks.toolCallDelta(choice, part, token)];
    default: {
      const delta = piece.kind === "text" ? chunks.textDelta : chunks.refusalDelta;
      const own = [delta(choice, part, token)];
      if (!wish) return own;
      const list = [tokenLogprob(token, wish.top, wish.random)];
      const logprobs = create(LogprobsSchema, piece.kind === "text" ? { content: list } : { refusal: list });
      return [...own, chunks.logprobsDelta(choice, logprobs)];
    }
  }
}
