import type { ServerResponse } from "node:http";
import type { Behaviour } from "./local-upstream.js";
import type { RecordedAnswer } from "./recording.js";

/** The recorded answer as it is. */
export function answerAs({ status, headers, bytes }: RecordedAnswer): Behaviour {
  return (response) => {
    response.writeHead(status, headers);
    response.end(bytes);
  };
}

/** An answer of that status, JSON unless it says otherwise. */
export function answerWith(status: number, body: string, headers: Readonly<Record<string, string>> = {}): Behaviour {
  return (response) => {
    response.writeHead(status, { "content-type": "application/json", ...headers });
    response.end(body);
  };
}

/** The recorded answer in pieces: `sizes` gives the length of each in turn. */
export function answerInPieces(answer: RecordedAnswer, sizes: () => number): Behaviour {
  const { bytes } = answer;
  const pieces: Buffer[] = [];
  for (let at = 0; at < bytes.length; ) {
    const size = Math.max(1, sizes());
    pieces.push(bytes.subarray(at, at + size));
    at += size;
  }
  return answerPieceByPiece(answer, pieces);
}

/** Pieces in place of the recorded answer's bytes. */
export function answerPieceByPiece({ status, headers }: RecordedAnswer, pieces: readonly Buffer[]): Behaviour {
  return async (response) => {
    response.writeHead(status, headers);
    for (const piece of pieces) {
      if (response.destroyed) return;
      response.write(piece);
      // Its own turn for every piece, so that each is a read of its own at the other end.
      await new Promise((resolve) => setImmediate(resolve));
    }
    response.end();
  };
}

/** The first bytes of the recorded answer; then `then`. */
export function answerUntil(
  { status, headers, bytes }: RecordedAnswer,
  end: number,
  then: (response: ServerResponse) => void,
): Behaviour {
  return (response) => {
    response.writeHead(status, headers);
    response.flushHeaders();
    if (end === 0) then(response);
    else response.write(bytes.subarray(0, end), () => then(response));
  };
}
