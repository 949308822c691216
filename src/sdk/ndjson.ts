import type { SseEvent } from "./sse.js";
import type { EventReader, StreamFraming } from "./stream-framing.js";

const LF = 10;
/** Largest line in bytes: what an event of other framings may hold too. */
const MAX_LINE = 16 * 1024 * 1024;

/**
 * One JSON object a line (https://github.com/ndjson/ndjson-spec): the framing of servers that write
 * `application/x-ndjson`. Lines end in LF or CRLF, the last one perhaps in nothing; blank ones say nothing. Each line is
 * the `data` of an event without a name.
 */
export const ndjsonFraming: StreamFraming = {
  contentType: "ndjson",
  title: "a stream of JSON lines",
  reader: () => ndjsonReader(),
};

/** A reader of lines. `limit`: the largest line in bytes; a larger one throws a RangeError. */
export function ndjsonReader(limit = MAX_LINE): EventReader {
  // Bytes of the line that is not whole yet: decoded once it is, so that no character is cut in two.
  let pieces: Buffer[] = [];
  let size = 0;

  const keep = (bytes: Buffer): void => {
    if (size + bytes.length > limit) {
      pieces = [];
      size = 0;
      throw new RangeError(`a line is larger than ${limit} bytes`);
    }
    pieces.push(bytes);
    size += bytes.length;
  };
  const take = (): string => {
    const line = pieces.length === 1 ? (pieces[0] as Buffer) : Buffer.concat(pieces, size);
    pieces = [];
    size = 0;
    return line.toString("utf8").trim();
  };
  const tell = (each: (event: SseEvent) => void): void => {
    const data = take();
    if (data !== "") each({ event: "", data });
  };

  return {
    push(bytes, each) {
      let from = 0;
      for (let at = bytes.indexOf(LF); at !== -1; at = bytes.indexOf(LF, from)) {
        keep(bytes.subarray(from, at));
        from = at + 1;
        tell(each);
      }
      if (from < bytes.length) keep(bytes.subarray(from));
    },
    end(each) {
      if (size > 0) tell(each);
    },
  };
}
