import type { Exchange } from "../../core/exchange.js";
import { Lane, readMember, readSse, skim } from "../../sdk/index.js";
import type { KeptResponses } from "./kept-responses.js";
import type { Asked } from "./read-asked.js";

/** What is kept beside an answer. */
export interface KeepInit {
  readonly responses: KeptResponses;
  readonly asked: Asked;
  /** JSON text of the request's `input`. */
  readonly input: () => string;
  readonly stream: boolean;
  readonly exchange: () => Exchange;
}

// Names of events that hold the whole answer, or its id as soon as there is one.
const LAST = ["response.completed", "response.incomplete", "response.failed"];
const FIRST = ["response.created", "response.queued"];

const ENDED: ReadonlySet<unknown> = new Set(["completed", "incomplete", "failed", "cancelled"]);

/** Watches what a client is told, and keeps the answer once it is whole. */
export function keepAnswer({ responses, asked, input, stream, exchange }: KeepInit): (piece: Buffer | string) => void {
  const keep = (response: Buffer): void => {
    const members = skim(response);
    const id = readMember(response, members, "id");
    if (typeof id !== "string") return;
    const { attempts } = exchange();
    const last = attempts[attempts.length - 1];
    void responses.put(id, {
      target: last?.lane === Lane.VERBATIM ? last.target : undefined,
      previous: asked.previous,
      input: input(),
      // What goes on in the background only its provider can tell.
      response: ENDED.has(readMember(response, members, "status")) ? response.toString("utf8") : undefined,
    });
  };
  if (!stream) return (piece) => keep(bytesOf(piece));
  const wanted = asked.background ? [...FIRST, ...LAST] : LAST;
  return (piece) => {
    if (!wanted.some((name) => piece.includes(name))) return;
    readSse(piece, ({ data }) => {
      if (!wanted.some((name) => data.includes(name))) return;
      const response = responseOf(bytesOf(data), wanted);
      if (response !== undefined) keep(response);
    });
  };
}

function bytesOf(piece: Buffer | string): Buffer {
  return typeof piece === "string" ? Buffer.from(piece) : piece;
}

/** The answer that an event tells, as JSON; undefined when it is another event that only speaks of such. */
function responseOf(data: Buffer, wanted: readonly string[]): Buffer | undefined {
  const members = skim(data);
  if (!wanted.includes(readMember(data, members, "type") as string)) return undefined;
  const member = members.byName.get("response");
  const response = member && data.subarray(member.start, member.end);
  return response?.[0] === OPEN_BRACE ? response : undefined;
}

const OPEN_BRACE = 0x7b;
