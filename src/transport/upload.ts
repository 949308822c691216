import { Readable } from "node:stream";
import type { RawRequest } from "./running.js";

/**
 * A body on its way up: what is in hand, then the rest as it comes, no faster than it is taken. Ending it early leaves
 * the request as it is, so that its client can still be answered. `onTaken` is told of each piece that nobody holds.
 */
export function createUpload(held: Buffer, rest: RawRequest, onTaken: () => void): Readable {
  let first: Buffer | undefined = held.length === 0 ? undefined : held;
  const take = (piece: Buffer): void => {
    onTaken();
    if (!upload.push(piece)) rest.pause();
  };
  const end = (): void => {
    upload.push(null);
  };
  let listens = false;
  const upload = new Readable({
    read() {
      if (first !== undefined) {
        const piece = first;
        first = undefined;
        upload.push(piece);
        return;
      }
      if (!listens) {
        listens = true;
        rest.on("data", take);
        rest.once("end", end);
      }
      rest.resume();
    },
    destroy(error, done) {
      rest.off("data", take);
      rest.off("end", end);
      if (listens) rest.pause();
      done(error);
    },
  });
  // Why it ended is told by the call that it belongs to.
  upload.on("error", () => {});
  return upload;
}
