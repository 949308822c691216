import type { RecordedAnswer } from "./recording.js";

/** The bytes of a stream as its events, each with what ends it; one block where it cannot be cut. */
export function cutBlocks({ bytes, cut }: RecordedAnswer): Buffer[] {
  switch (cut) {
    case "sse":
      return cutAfter(bytes, /\r\n\r\n|\n\n|\r\r/g);
    case "ndjson":
      return cutAfter(bytes, /\n/g);
    case "eventstream":
      return cutPrelude(bytes);
    case "whole":
      return [bytes];
  }
}

function cutAfter(bytes: Buffer, boundary: RegExp): Buffer[] {
  // One character for each byte, so that offsets are the same.
  const text = bytes.toString("latin1");
  const blocks: Buffer[] = [];
  let at = 0;
  for (const { index, 0: end } of text.matchAll(boundary)) {
    blocks.push(bytes.subarray(at, index + end.length));
    at = index + end.length;
  }
  if (at < bytes.length) blocks.push(bytes.subarray(at));
  return blocks;
}

/** Messages that begin with their own length: https://smithy.io/2.0/aws/amazon-eventstream.html */
function cutPrelude(bytes: Buffer): Buffer[] {
  const blocks: Buffer[] = [];
  for (let at = 0; at + 4 <= bytes.length; ) {
    const length = Math.max(4, bytes.readUInt32BE(at));
    blocks.push(bytes.subarray(at, at + length));
    at += length;
  }
  return blocks;
}
