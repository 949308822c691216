import type { ServerResponse } from "node:http";
import { Unsupported } from "./verdict.js";
import { cutBlocks } from "./cut-blocks.js";
import type { Kit } from "./kit.js";
import type { Behaviour } from "./local-upstream.js";
import type { Recording } from "./recording.js";
import { textOf } from "./run-call.js";

/** A recorded stream with an event that may come any number of times. */
export interface LongStream {
  readonly recording: Recording;
  readonly before: Buffer;
  readonly again: Buffer;
  readonly after: Buffer;
}

/**
 * Finds an event of a recorded stream that can be repeated, by trying, the largest or the smallest first. Throws an
 * `Unsupported` where there is none.
 */
export async function longStream(kit: Kit, first: "largest" | "smallest"): Promise<LongStream> {
  const sign = first === "largest" ? -1 : 1;
  const streams = [...kit.good("complete", true)].sort((a, b) => sign * (lengthOf(a) - lengthOf(b)));
  for (const recording of streams.slice(0, 4)) {
    const blocks = cutBlocks(recording.answer);
    const order = blocks.map((_, index) => index).sort((a, b) => sign * (sizeAt(blocks, a) - sizeAt(blocks, b)));
    const once = textOf(await kit.play(recording)).length;
    for (const index of order.slice(0, 12)) {
      const again = blocks[index] as Buffer;
      const before = Buffer.concat(blocks.slice(0, index + 1));
      const after = Buffer.concat(blocks.slice(index + 1));
      const bytes = Buffer.concat([before, again, again, after]);
      const outcome = await kit.play({ ...recording, answer: { ...recording.answer, bytes } });
      if (outcome.error === undefined && textOf(outcome).length > once) return { recording, before, again, after };
    }
  }
  throw new Unsupported("It ships no recorded stream with an event that may come again, such as a piece of text.");
}

function lengthOf({ answer }: Recording): number {
  return answer.bytes.length;
}

function sizeAt(blocks: readonly Buffer[], index: number): number {
  return (blocks[index] as Buffer).length;
}

/** What the server has written of a long stream so far. */
export interface Written {
  bytes: number;
}

/** Repeats the event until so many bytes are written, no faster than they are taken. */
export function answerLong(
  { recording: { answer }, before, again, after }: LongStream,
  size: number,
  written: Written,
): Behaviour {
  const piece = Buffer.concat(Array<Buffer>(Math.max(1, Math.ceil(65_536 / again.length))).fill(again));
  return async (response) => {
    response.writeHead(answer.status, answer.headers);
    response.write(before);
    while (written.bytes < size && !response.destroyed) {
      written.bytes += piece.length;
      if (!response.write(piece)) await drained(response);
      else await new Promise((resolve) => setImmediate(resolve));
    }
    if (!response.destroyed) response.end(after);
  };
}

function drained(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const go = (): void => {
      response.off("drain", go);
      response.off("close", go);
      resolve();
    };
    response.on("drain", go);
    response.on("close", go);
  });
}
