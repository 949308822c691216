import type { Exchange } from "../../core/exchange.js";
import { isObject, Lane, readMember, readSse, skim } from "../../sdk/index.js";
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
  const keep = (response: string): void => {
    const bytes = Buffer.from(response);
    const members = skim(bytes);
    const id = readMember(bytes, members, "id");
    if (typeof id !== "string") return;
    const { attempts } = exchange();
    const last = attempts[attempts.length - 1];
    void responses.put(id, {
      target: last?.lane === Lane.VERBATIM ? last.target : undefined,
      previous: asked.previous,
      input: input(),
      // What goes on in the background only its provider can tell.
      response: ENDED.has(readMember(bytes, members, "status")) ? response : undefined,
    });
  };
  if (!stream) return (piece) => keep(piece.toString());
  const wanted = asked.background ? [...FIRST, ...LAST] : LAST;
  return (piece) => {
    if (!wanted.some((name) => piece.includes(name))) return;
    readSse(piece, ({ data }) => {
      if (!wanted.some((name) => data.includes(name))) return;
      const response = responseOf(data, wanted);
      if (response !== undefined) keep(response);
    });
  };
}

/** JSON text of the answer that an event tells; undefined when it is another event that only speaks of such. */
function responseOf(data: string, wanted: readonly string[]): string | undefined {
  const bytes = Buffer.from(data);
  const members = skim(bytes);
  if (!wanted.includes(readMember(bytes, members, "type") as string)) return undefined;
  const member = members.byName.get("response");
  if (member === undefined) return undefined;
  const text = bytes.toString("utf8", member.start, member.end);
  return isObject(JSON.parse(text)) ? text : undefined;
}
