import { type Gleaned, Lane, modelPath, nameAt, ParlanceError, type ReadonlyHeaders } from "../../sdk/index.js";
import type { Exchange } from "../exchange.js";
import { Frame } from "../frame.js";
import type { PassRequest } from "../pass-through.js";
import type { UpstreamReceiver } from "../upstream.js";
import type { CallInit } from "./call-init.js";
import { withCallerHeaders } from "./caller-headers.js";
import { keepAnswers } from "./keep-answers.js";
import type { LaneCall, LaneEvents } from "./lane.js";
import { passedHeaders, withPassedHeaders } from "./through-headers.js";
import { UsageTail } from "./usage-tail.js";

/** Sends a request on as it came, and its answer back the same way. Throws when the path is not the provider's. */
export function startPass({ exchange, target, ready, events }: CallInit): LaneCall {
  const { pass } = exchange.ask as Extract<Exchange["ask"], { operation: "pass_through" }>;
  const { through } = exchange;
  const { wire } = ready.provider;
  if (ready.upstream === undefined || wire === undefined || through === undefined) {
    throw new Error("a request passes to wire providers only");
  }
  const root = wire.passThrough?.root ?? "";
  const model = nameAt(wire, target.upstreamModel);
  const path = pass.modelInPath ? modelPath(pass.path, model) : pass.path;
  if (!path.startsWith(`${root}/`)) {
    throw new ParlanceError("not_found", `The provider has nothing outside of ${root}/.`);
  }
  const body = pass.body?.for(model);
  const ruled = pass.dialect.callerHeaders ?? {};
  const own = withPassedHeaders(ready.headers, through.headers, ruled, body !== undefined, body?.length);
  const told = fromPairs(through.headers);
  const headers = withCallerHeaders(own, pass.dialect, told, wire.understands, exchange.losses);
  const meter = pass.readUsage === undefined ? undefined : new UsageTail(pass.readUsage);
  const receiver = new PassReceiver(pass, events, wire.requestIdHeader ?? "x-request-id", meter);
  const handle = ready.upstream.send(
    through.method,
    { path: path.slice(root.length) + through.query, headers, body: body?.bytes },
    receiver,
  );
  return {
    lane: Lane.VERBATIM,
    pause: () => handle.pause(),
    resume: () => handle.resume(),
    abort: () => handle.abort(),
    received: () => receiver.received,
    gleaned: (): Gleaned => ({ usage: meter?.usage(), finish: undefined }),
  };
}

const MAX_ERROR_BYTES = 1024 * 1024;

/** Passes an answer on piece by piece; a refusal is collected as an error, and keeps its bytes. */
class PassReceiver implements UpstreamReceiver {
  readonly #pass: PassRequest;
  readonly #events: LaneEvents;
  readonly #requestIdHeader: string;
  readonly #meter: UsageTail | undefined;
  #status = 0;
  #headers: ReadonlyHeaders = {};
  #refusal: Buffer[] | undefined;
  #refusalSize = 0;
  #metered = false;
  /** Bytes of the answer so far. */
  received = 0;

  constructor(pass: PassRequest, events: LaneEvents, requestIdHeader: string, meter: UsageTail | undefined) {
    this.#pass = pass;
    this.#events = events;
    this.#requestIdHeader = requestIdHeader;
    this.#meter = meter;
  }

  head(status: number, headers: ReadonlyHeaders): void {
    this.#status = status;
    this.#headers = headers;
    // Only in these can a member be told from a text that quotes one.
    const type = headers["content-type"] ?? "";
    this.#metered = type.includes("json") || type.includes("event-stream");
    const passed = passedHeaders(this.#pass.dialect, headers);
    if (isRefusal(status)) {
      this.#refusal = [];
      // The answer to a refusal has its own length and type.
      for (const name in passed) if (name.startsWith("content-")) delete passed[name];
    }
    this.#events.head(status, headers[this.#requestIdHeader], passed);
  }

  data(bytes: Buffer): void {
    this.received += bytes.length;
    if (this.#refusal === undefined) {
      if (this.#metered) this.#meter?.push(bytes);
      this.#events.frame(Frame.ofBytes(bytes, unread), true);
    } else if (this.#refusalSize < MAX_ERROR_BYTES) {
      this.#refusal.push(bytes);
      this.#refusalSize += bytes.length;
    }
  }

  end(): void {
    if (this.#refusal === undefined) return this.#events.end();
    const dialect = keepAnswers(this.#pass.dialect);
    this.#events.fail(dialect.decodeError(this.#status, this.#headers, Buffer.concat(this.#refusal)));
  }

  error(error: ParlanceError): void {
    if (this.#refusal !== undefined) {
      // The status is known, which tells more than the lost end of its explanation.
      this.end();
    } else if (this.#status !== 0 && error.code === "provider_unavailable") {
      this.#events.fail(new ParlanceError("stream_truncated", "The provider's answer was cut off.", { cause: error }));
    } else {
      this.#events.fail(error);
    }
  }
}

/**
 * Whether an answer is read as an error: so that another target is asked where that may help, and a quoted credential
 * does not pass. A conflict is the caller's own affair, whatever the table says of those of a dialect.
 */
function isRefusal(status: number): boolean {
  return status >= 400 && status !== 409;
}

/** What no dialect reads has no chunks. */
const unread = (): [] => [];

function fromPairs(pairs: readonly string[]): Record<string, string> {
  const out: Record<string, string> = {};
  for (let i = 0; i < pairs.length; i += 2) out[pairs[i] as string] = pairs[i + 1] as string;
  return out;
}
