import {
  MAX_ERROR_BYTES,
  ParlanceError,
  type ReadonlyHeaders,
  type TargetDialect,
  type TargetErrors,
  unreadable,
} from "../../sdk/index.js";
import type { UpstreamReceiver } from "../upstream.js";
import type { LaneEvents } from "./lane.js";

/** What reads the body of a successful answer. */
export interface BodyReader {
  /** Refuses by throwing when the answer is not of a kind that it can read. */
  head(contentType: string): void;
  data(bytes: Buffer): void;
  end(): void;
  /** The connection failed; true when the answer was whole already, so that it does not matter. */
  cut(): boolean;
}

/** Receives one HTTP answer: success goes to the reader, a refusal is collected and decoded as the dialect's error. */
export class WireReceiver implements UpstreamReceiver {
  readonly #dialect: TargetErrors;
  readonly #reader: BodyReader;
  readonly #events: LaneEvents;
  readonly #requestIdHeader: string;
  readonly #verbatim: boolean;
  #status = 0;
  #headers: ReadonlyHeaders = {};
  #refusal: Buffer[] | undefined;
  #refusalSize = 0;
  #failed = false;
  /** Bytes of the answer so far. */
  received = 0;

  /** `verbatim`: whether the caller speaks the dialect too, so that it understands the answer's headers. */
  constructor(
    dialect: TargetErrors,
    reader: BodyReader,
    events: LaneEvents,
    requestIdHeader: string,
    verbatim: boolean,
  ) {
    this.#dialect = dialect;
    this.#reader = reader;
    this.#events = events;
    this.#requestIdHeader = requestIdHeader;
    this.#verbatim = verbatim;
  }

  head(status: number, headers: ReadonlyHeaders): void {
    this.#status = status;
    this.#headers = headers;
    const forCaller = this.#verbatim ? headersForCaller(this.#dialect, headers) : undefined;
    this.#events.head(status, headers[this.#requestIdHeader], forCaller);
    if (status >= 200 && status < 300) this.#guard(() => this.#reader.head(headers["content-type"] ?? ""));
    else this.#refusal = [];
  }

  data(bytes: Buffer): void {
    if (this.#failed) return;
    this.received += bytes.length;
    if (this.#refusal === undefined) {
      this.#guard(() => this.#reader.data(bytes));
    } else if (this.#refusalSize < MAX_ERROR_BYTES) {
      this.#refusal.push(bytes);
      this.#refusalSize += bytes.length;
    }
  }

  end(): void {
    if (this.#failed) return;
    if (this.#refusal === undefined) this.#guard(() => this.#reader.end());
    else this.#events.fail(this.#refusalOf(Buffer.concat(this.#refusal)));
  }

  #refusalOf(body: Buffer): ParlanceError {
    const error = this.#dialect.decodeError(this.#status, this.#headers, body);
    const { seals } = this.#dialect as Partial<TargetDialect>;
    return error.code === "invalid_request" && seals?.refused(error) === true
      ? error.with({ sealRefused: true })
      : error;
  }

  error(error: ParlanceError): void {
    if (this.#failed) return;
    if (this.#refusal !== undefined) {
      // The status is known, which tells more than the lost end of its explanation.
      this.end();
    } else if (this.#status !== 0 && this.#reader.cut()) {
      this.#guard(() => this.#reader.end());
    } else if (this.#status !== 0 && error.code === "provider_unavailable") {
      this.#events.fail(new ParlanceError("stream_truncated", "The provider's answer was cut off.", { cause: error }));
    } else {
      this.#events.fail(error);
    }
  }

  #guard(read: () => void): void {
    try {
      read();
    } catch (thrown) {
      this.#failed = true;
      this.#events.fail(unreadable(thrown));
    }
  }
}

function headersForCaller(dialect: TargetErrors, headers: ReadonlyHeaders): Record<string, string> | undefined {
  if (dialect.isForCaller === undefined) return undefined;
  const out: Record<string, string> = {};
  for (const name in headers) {
    const value = headers[name];
    // Of a header that came twice there is no one value.
    if (typeof value === "string" && dialect.isForCaller(name)) out[name] = value;
  }
  return out;
}
