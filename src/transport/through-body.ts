import type { Readable } from "node:stream";
import type { PassBody } from "../core/pass-through.js";
import { invalid, JsonSyntaxError, ParlanceError, readMember, skim } from "../sdk/index.js";
import { hasBody, passOn } from "./body-timeout.js";
import { holdBody, type Held } from "./hold-body.js";
import { boundaryOf, MultipartField } from "./multipart-field.js";
import type { RawRequest } from "./running.js";
import { createUpload } from "./upload.js";

/** Most of a form that is kept although its model is known, so that another target can be asked. */
const REPEATABLE_BYTES = 1024 * 1024;

/** A body that was read as far as its model's name. */
export interface ThroughBody {
  readonly body: ClientBody | undefined;
  /** The model that it names; empty when it names none. */
  readonly model: string;
}

/**
 * Reads of a body what routing needs: JSON whole, up to `limit` bytes; a form up to its model where `formHasModel`;
 * of anything else nothing. Throws `invalid_request`, `request_too_large` or what befell the connection.
 */
export async function readThroughBody(request: RawRequest, limit: number, formHasModel: boolean): Promise<ThroughBody> {
  if (!hasBody(request)) return { body: undefined, model: "" };
  const type = request.headers["content-type"] ?? "";
  if (isJson(type)) return readJson(request, limit);
  const boundary = formHasModel ? boundaryOf(type) : undefined;
  if (boundary === undefined) {
    return { body: new ClientBody(request, { bytes: Buffer.alloc(0), whole: false }, undefined), model: "" };
  }
  const field = new MultipartField("model", boundary);
  const held = await holdBody(request, (piece, size) => {
    field.push(piece);
    return size > (field.found === undefined ? limit : REPEATABLE_BYTES);
  });
  const { found } = field;
  if (found === undefined || found.value === "") return { body: new ClientBody(request, held, undefined), model: "" };
  return { body: new ClientBody(request, held, { ...found, spell: (model) => model }), model: found.value };
}

async function readJson(request: RawRequest, limit: number): Promise<ThroughBody> {
  const coding = request.headers["content-encoding"] ?? "identity";
  if (coding !== "identity") {
    throw new ParlanceError("unsupported", `The model cannot be read in JSON that is compressed (${coding}).`, {
      field: "content-encoding",
    });
  }
  if (Number(request.headers["content-length"] ?? 0) > limit) throw tooLarge(request);
  const held = await holdBody(request, (_piece, size) => size > limit);
  const { bytes } = held;
  if (bytes.length > limit) throw tooLarge(request);
  if (bytes.length === 0) return { body: new ClientBody(request, held, undefined), model: "" };
  try {
    const members = skim(bytes);
    const model = readMember(bytes, members, "model");
    const place = members.byName.get("model");
    if (model === undefined || model === null || place === undefined) {
      return { body: new ClientBody(request, held, undefined), model: "" };
    }
    if (typeof model !== "string" || model === "") {
      throw invalid("model", "model must be the name of a model, as a string.");
    }
    return { body: new ClientBody(request, held, { ...place, value: model, spell: JSON.stringify }), model };
  } catch (thrown) {
    if (!(thrown instanceof JsonSyntaxError)) throw thrown;
    throw new ParlanceError("invalid_request", `The body is not a JSON object: ${thrown.message}.`);
  }
}

function tooLarge(request: RawRequest): ParlanceError {
  request.resume();
  return new ParlanceError(
    "request_too_large",
    "The JSON body is larger than the server accepts (server.max_body_bytes).",
  );
}

/** `application/json` and types that are built on it; not lists of JSON by lines. */
function isJson(type: string): boolean {
  return /^\s*application\/(?:[\w.-]+\+)?json\s*(?:;|$)/i.test(type);
}

/** The model's name in the bytes that are held. */
interface Place {
  readonly start: number;
  readonly end: number;
  readonly value: string;
  /** How a name is written there. */
  readonly spell: (model: string) => string;
}

/** The body of a request that passes: a part in hand, and the rest on the connection. */
export class ClientBody implements PassBody {
  readonly #request: RawRequest;
  readonly #held: Held;
  readonly #place: Place | undefined;
  #spent = false;

  constructor(request: RawRequest, held: Held, place: Place | undefined) {
    this.#request = request;
    this.#held = held;
    this.#place = place;
  }

  get spent(): boolean {
    return this.#spent;
  }

  for(model: string): { readonly bytes: Buffer | Readable; readonly length: number | undefined } {
    const { bytes, whole } = this.#held;
    const first = this.#rename(bytes, model);
    if (whole) return { bytes: first, length: first.length };
    const declared = this.#request.headers["content-length"];
    return {
      bytes: createUpload(first, this.#request, () => {
        this.#spent = true;
      }),
      length: declared === undefined ? undefined : Number(declared) + first.length - bytes.length,
    };
  }

  /** To be called as the exchange begins: what is not read when it has ended is read and dropped. */
  passUntil(ended: Promise<void>): void {
    if (this.#held.whole) return;
    // A connection that fails is told by the answer's.
    this.#request.on("error", () => {});
    passOn(this.#request, ended);
    void ended.then(() => this.#request.resume());
  }

  #rename(bytes: Buffer, model: string): Buffer {
    const place = this.#place;
    if (place === undefined || model === "" || place.value === model) return bytes;
    const name = Buffer.from(place.spell(model));
    return Buffer.concat([bytes.subarray(0, place.start), name, bytes.subarray(place.end)]);
  }
}
