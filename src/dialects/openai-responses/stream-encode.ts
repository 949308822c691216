import {
  type AnswerContext,
  type Chunk,
  type CompletionEnd,
  type CompletionStart,
  create,
  ChoiceSchema,
  type Finish,
  isObject,
  type JsonObject,
  MessageSchema,
  type ParlanceError,
  Role,
  type StreamEncoder,
  type Usage,
} from "../../sdk/index.js";
import { encodeError } from "../openai-errors/index.js";
import { encodeFinish, nativeFinish } from "./finish.js";
import { broken, ItemWriter } from "./item-writer.js";
import { fieldsOf, formOf } from "./own.js";
import { answerId, FAILED, itemBase, lossesOf } from "./response-encode.js";
import { responseSettings } from "./response-object.js";
import { encodeUsage } from "./usage.js";

/** An encoder of one stream: https://platform.openai.com/docs/api-reference/responses-streaming */
export function streamEncoder(context: AnswerContext): StreamEncoder {
  return new ResponseStreamEncoder(context);
}

/** The name of the event that ends a stream, by the answer's status. */
const LAST: Readonly<Record<string, string>> = { completed: "response.completed", failed: "response.failed" };

class ResponseStreamEncoder implements StreamEncoder {
  readonly #context: AnswerContext;
  readonly #writer: ItemWriter;
  #sequence = 0;
  #state: "new" | "running" | "finished" | "ended" = "new";
  #head: JsonObject = {};
  #finish: Finish | undefined;
  #usage: Usage | undefined;
  /** Choices that the wire has no place for. */
  readonly #others = new Set<number>();

  constructor(context: AnswerContext) {
    this.#context = context;
    this.#writer = new ItemWriter(itemBase(context.requestId), {
      event: (type, members) => this.#event(type, members),
      delta: (head, delta) => `${head}${JSON.stringify(delta)},"sequence_number":${this.#sequence++}}\n\n`,
    });
  }

  encode({ event }: Chunk): string {
    if (this.#state === "ended") throw broken(`a ${event.case} after the end`);
    if (event.case === "completionStart") return this.#start(event.value);
    if (this.#state === "new") throw broken(`a ${event.case} before the answer has begun`);
    switch (event.case) {
      case "usage":
        this.#usage = event.value;
        return "";
      case "completionEnd":
        return this.#end(event.value);
      case undefined:
        return "";
      default:
        if (event.value.choice !== 0) {
          this.#others.add(event.value.choice);
          return "";
        }
    }
    if (this.#state === "finished") throw broken(`a ${event.case} after the finish`);
    if (event.case === "logprobsDelta") return this.#writer.tokens(event.value.logprobs?.content ?? []);
    if (event.case !== "finish") return this.#writer.event(event);
    if (this.#writer.open) throw broken("the finish comes before the end of a part");
    this.#finish = event.value.finish;
    this.#state = "finished";
    // Only what came last can have been cut off.
    return this.#writer.close(encodeFinish(this.#finish).status === "incomplete" ? "incomplete" : "completed");
  }

  /** Ends what is open and tells the failure, as clients wait for an event that ends the stream. */
  error(error: ParlanceError): string {
    if (this.#state === "ended") return "";
    const begun = this.#state === "new" ? this.#start(undefined) : "";
    this.#state = "ended";
    const closed = this.#writer.close("incomplete");
    const failure = { status: "failed", error: failureOf(error, this.#context.requestId) };
    const told = { ...this.#head, ...failure, output: this.#writer.output, usage: this.#usageWire() };
    return begun + closed + this.#event("response.failed", { response: told });
  }

  keepAlive(): string {
    // The wire has no event for it; clients pass over comments.
    return ": keep-alive\n\n";
  }

  #start(start: CompletionStart | undefined): string {
    if (this.#state !== "new") throw broken("the answer begins twice");
    this.#state = "running";
    const { requestId, model, created, request } = this.#context;
    this.#head = {
      id: start?.id || answerId(requestId),
      object: "response",
      created_at: Number(start?.createTime?.seconds ?? created),
      status: "in_progress",
      ...responseSettings(request?.()),
      incomplete_details: null,
      model: start?.model || model,
      output: [],
      usage: null,
    };
    return (
      this.#event("response.created", { response: this.#head }) +
      this.#event("response.in_progress", { response: this.#head })
    );
  }

  #end(end: CompletionEnd): string {
    if (this.#writer.open) throw broken("the answer ends before one of its parts");
    const closed = this.#writer.close("completed");
    this.#state = "ended";
    const ending = encodeFinish(this.#finish);
    const response: JsonObject = { ...this.#settings(end), ...ending };
    response.output = this.#writer.output;
    response.usage = this.#usageWire();
    if (ending.status === "failed") response.error = FAILED;
    if (end.serviceTier !== undefined) response.service_tier = end.serviceTier;
    const own = formOf(end).own === true;
    const told = { ...(own ? {} : nativeFinish(this.#finish)), ...this.#losses(end) };
    if (Object.keys(told).length > 0) response.parlance = told;
    return closed + this.#event(LAST[ending.status] ?? "response.incomplete", { response });
  }

  /** What the answer repeats: as the provider told it where it speaks this dialect. */
  #settings(end: CompletionEnd): JsonObject {
    if (end.extensions === undefined) return this.#head;
    const out: JsonObject = { ...this.#head };
    const { nulls } = formOf(end);
    if (Array.isArray(nulls)) for (const name of nulls) out[name as string] = null;
    return { ...out, ...fieldsOf(end) };
  }

  #losses(end: CompletionEnd): JsonObject {
    const message = create(MessageSchema, { role: Role.ASSISTANT, parts: this.#writer.parts });
    const others = Array.from(this.#others, (index) => create(ChoiceSchema, { index }));
    return lossesOf({ losses: end.losses, choices: [create(ChoiceSchema, { message }), ...others] });
  }

  #usageWire(): JsonObject | null {
    return this.#usage === undefined ? null : encodeUsage(this.#usage);
  }

  #event(type: string, members: JsonObject): string {
    const number = this.#sequence;
    this.#sequence += 1;
    const data = JSON.stringify({ type, ...members, sequence_number: number });
    return `event: ${type}\ndata: ${data}\n\n`;
  }
}

/** Codes of a failed answer that clients know; any other is told beside them. */
const KNOWN: ReadonlySet<string> = new Set([
  "rate_limit_exceeded",
  "context_length_exceeded",
  "insufficient_quota",
  "invalid_prompt",
]);

/** The member `error` of an answer: https://platform.openai.com/docs/api-reference/responses/object */
function failureOf(error: ParlanceError, requestId: string): JsonObject {
  const { error: wire } = encodeError(error, requestId);
  const { code, message, parlance } = isObject(wire) ? wire : {};
  const known = typeof code === "string" && KNOWN.has(code);
  return {
    code: known ? code : "server_error",
    message: message ?? "",
    parlance: { code: error.code, ...(isObject(parlance) ? parlance : {}) },
  };
}
