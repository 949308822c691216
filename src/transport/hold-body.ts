import { ParlanceError } from "../sdk/index.js";
import type { RawRequest } from "./running.js";

/** What was read of a body, and whether that is all of it. */
export interface Held {
  readonly bytes: Buffer;
  readonly whole: boolean;
}

/**
 * Reads a body until it ends or `isEnough` says so, which sees each piece and the bytes so far. The rest waits on the
 * connection. Rejects with what befell the connection.
 */
export function holdBody(request: RawRequest, isEnough: (piece: Buffer, size: number) => boolean): Promise<Held> {
  return new Promise((resolve, reject) => {
    const pieces: Buffer[] = [];
    let size = 0;
    const settle = (): void => {
      request.off("data", take);
      request.off("end", end);
      request.off("error", fail);
      request.off("close", leave);
    };
    const end = (): void => {
      settle();
      resolve({ bytes: Buffer.concat(pieces), whole: true });
    };
    const take = (piece: Buffer): void => {
      pieces.push(piece);
      size += piece.length;
      if (!isEnough(piece, size)) return;
      settle();
      request.pause();
      resolve({ bytes: Buffer.concat(pieces), whole: false });
    };
    const fail = (error: Error): void => {
      settle();
      // What still comes is dropped, so that the answer can be read.
      request.on("error", () => {});
      request.resume();
      reject(error);
    };
    const leave = (): void => fail(new ParlanceError("cancelled", "The client closed the connection."));
    request.on("data", take);
    request.once("end", end);
    request.once("error", fail);
    request.once("close", leave);
  });
}
