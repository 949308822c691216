import type { IncomingHttpHeaders } from "node:http";
import type { Caller, RecordPlace } from "../core/exchange.js";
import { invalid, nearest, type RoutingHints } from "../sdk/index.js";
import { readClientTimeout } from "./client-timeout.js";
import { RequestCaller } from "./request-caller.js";
import { addHeaderHints, HINT_HEADERS } from "./routing-hints.js";

/** What a request says to the gateway itself, at every door alike. */
export interface RequestControls {
  readonly strict: boolean;
  readonly routing: RoutingHints | undefined;
  /** Milliseconds that the client gives the exchange, beside `routing.timeout`. */
  readonly timeoutMs: number | undefined;
  readonly answerWithinMs: number | undefined;
  /** Milliseconds after which a client that leaves has run out of time, as far as it told. */
  readonly patienceMs: number | undefined;
  readonly record: RecordPlace | undefined;
  /** Whether the caller wants to know where the request would go, and not its answer. */
  readonly explains: boolean;
  readonly caller: Caller;
}

/** The headers of a request as they came, and by lower-case name. */
export interface HeadersSent {
  readonly headers: IncomingHttpHeaders;
  /** Names and values in turn. */
  readonly rawHeaders: readonly string[];
}

/** What the body has said already. */
export interface SaidInBody {
  readonly strict: boolean;
  readonly routing: RoutingHints | undefined;
}

/** The gateway's own headers. */
const PREFIX = "x-parlance-";
const LETTER = PREFIX.charCodeAt(2);
const LOWER_CASE = 0x20;
/** What may be said in headers. The id of an earlier answer may be sent along, and says nothing. */
const SAID: readonly string[] = [
  ...HINT_HEADERS,
  "x-parlance-strict",
  "x-parlance-explain",
  "x-parlance-record",
  "x-parlance-request-id",
];
const TAILS = SAID.map((name) => name.slice(PREFIX.length));
const PLACES: readonly string[] = ["headers", "body", "both"] satisfies RecordPlace[];

/**
 * Reads what the headers of a request, or the metadata of a call, say to the gateway, beside what its body said. Throws
 * `invalid_request` that names the header. `further`: a header of the gateway's own that the door itself reads.
 */
export function readControls(
  { headers, rawHeaders }: HeadersSent,
  { strict, routing }: SaidInBody,
  further?: string,
): RequestControls {
  const own = saysOwn(rawHeaders, further);
  const { timeoutMs, answerWithinMs, patienceMs } = readClientTimeout(headers);
  return {
    strict: strict || (own && asks(headers, "x-parlance-strict")),
    routing: own ? addHeaderHints(routing, headers) : routing,
    timeoutMs,
    answerWithinMs,
    patienceMs,
    record: own ? placeOf(headers["x-parlance-record"]) : undefined,
    explains: own && asks(headers, "x-parlance-explain"),
    caller: new RequestCaller(headers),
  };
}

/**
 * Whether any header is the gateway's own: most requests have none, and are not asked for each. Throws where there is none
 * of that name: an exclusion that is misspelt would send data where it must not go.
 */
function saysOwn(rawHeaders: readonly string[], further: string | undefined): boolean {
  let own = false;
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const sent = rawHeaders[i] as string;
    if ((sent.charCodeAt(2) | LOWER_CASE) !== LETTER || sent.length <= PREFIX.length) continue;
    const name = sent.toLowerCase();
    if (!name.startsWith(PREFIX)) continue;
    if (!SAID.includes(name) && name !== further) throw unknownHeader(name);
    own = true;
  }
  return own;
}

function unknownHeader(name: string): Error {
  // What they all begin with would make any two of them seem near.
  const [near] = nearest(name.slice(PREFIX.length), TAILS);
  const hint = near === undefined ? `There are ${SAID.join(", ")}.` : `Did you mean ${PREFIX}${near}?`;
  return invalid(name, `There is no header ${name} here. ${hint}`);
}

function asks(headers: IncomingHttpHeaders, name: string): boolean {
  const value = headers[name];
  if (value === undefined || value === "false") return false;
  if (value === "true") return true;
  throw invalid(name, `${name} must be true or false.`);
}

function placeOf(value: string | string[] | undefined): RecordPlace | undefined {
  if (value === undefined) return undefined;
  if (typeof value === "string" && PLACES.includes(value)) return value as RecordPlace;
  throw invalid("x-parlance-record", "x-parlance-record must be headers, body or both.");
}
