import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import {
  type Chunk,
  chunks,
  isObject,
  type JsonObject,
  type JsonValue,
  ParlanceError,
  type SseEvent,
  type StreamDecoder,
} from "../../sdk/index.js";
import { blockedPart, blockReason } from "./answer-parts.js";
import { CallIds } from "./call-ids.js";
import { CandidateStream } from "./candidate-stream.js";
import { asObject, isCount, isString } from "./checks.js";
import { errorOfEvent } from "./errors.js";
import { blockedFinish } from "./finish.js";
import { plain, WireObject } from "./own.js";
import { parseAnswer, readable } from "./response-decode.js";
import { decodeUsage, latestUsage, tierOf } from "./usage.js";
import { DIALECT } from "./wire.js";

/**
 * A decoder of one stream, every event of which is an answer of its own shape
 * (https://ai.google.dev/api/generate-content#method:-models.streamgeneratecontent). No event says that it is the last:
 * the stream is whole when its bytes end and every candidate has said how it ended. Usage is told again and again, and
 * the last word counts.
 */
export function streamDecoder(): StreamDecoder {
  return new AnswerStreamDecoder();
}

/** Members of an event that have a place in the vocabulary. */
const KNOWN: ReadonlySet<string> = new Set(["candidates", "usageMetadata", "responseId", "modelVersion", "createTime"]);

class AnswerStreamDecoder implements StreamDecoder {
  readonly #candidates = new Map<number, CandidateStream>();
  #ids: CallIds | undefined;
  #usage: JsonObject | undefined;
  #blocked: JsonValue | undefined;
  /** Fields of the answer that only this dialect has. */
  readonly #rest: JsonObject = {};

  decode(event: SseEvent, out: Chunk[]): void {
    const body = parseAnswer(event.data, "stream");
    if (isObject(body.error)) throw errorOfEvent(body.error);
    readable(() => this.#read(body, event.data, out));
  }

  end(out: Chunk[]): void {
    if (this.#ids === undefined) throw unfinished();
    if (this.#candidates.size === 0) {
      if (this.#blocked === undefined) throw unfinished();
      this.#block(this.#blocked, out);
    }
    const candidates = [...this.#candidates.values()];
    if (this.#blocked === undefined && !candidates.every(({ finished }) => finished)) throw unfinished();
    for (const candidate of candidates) candidate.end(out, this.#blocked);
    if (this.#usage !== undefined) out.push(chunks.usage(decodeUsage(this.#usage)));
    const tier = tierOf(this.#usage);
    const wire = new WireObject(this.#rest, "");
    wire.note("own", true);
    const extensions = wire.extensions();
    out.push(
      chunks.completionEnd({ ...(tier !== undefined && { serviceTier: tier }), ...(extensions && { extensions }) }),
    );
  }

  #read(body: JsonObject, text: string, out: Chunk[]): void {
    const { candidates, usageMetadata } = body;
    const ids = this.#ids ?? this.#start(body, text, out);
    this.#blocked ??= blockReason(body);
    if (isObject(usageMetadata)) this.#usage = latestUsage(this.#usage, usageMetadata);
    for (const name in body) if (!KNOWN.has(name)) this.#rest[name] = plain(body[name] as JsonValue);
    if (!Array.isArray(candidates)) return;
    candidates.forEach((value, at) => {
      const candidate = asObject(value, `candidates[${at}]`);
      const index = isCount(candidate.index) ? candidate.index : at;
      const stream = this.#candidates.get(index) ?? new CandidateStream(index, ids);
      this.#candidates.set(index, stream);
      stream.read(candidate, out);
    });
  }

  #start({ responseId: id, modelVersion: model, createTime: time }: JsonObject, text: string, out: Chunk[]): CallIds {
    this.#ids = new CallIds(isString(id) && id !== "" ? id : text);
    const at = new Date(isString(time) ? time : "");
    const createTime = Number.isNaN(at.getTime()) ? undefined : timestampFromDate(at);
    out.push(
      chunks.completionStart({
        id: isString(id) ? id : "",
        model: isString(model) ? model : "",
        ...(createTime && { createTime }),
      }),
    );
    return this.#ids;
  }

  #block(reason: JsonValue, out: Chunk[]): void {
    out.push(
      chunks.partStart(0, 0, blockedPart(this.#rest.promptFeedback)),
      chunks.partEnd(0, 0),
      chunks.finish(0, blockedFinish(reason), { choice: { [DIALECT]: { $form: { made: true } } } }),
    );
  }
}

function unfinished(): ParlanceError {
  return new ParlanceError("stream_unfinished", "The provider's stream ended before the answer was whole.");
}
