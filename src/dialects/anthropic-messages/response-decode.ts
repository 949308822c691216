import {
  ChoiceSchema,
  type Completion,
  CompletionSchema,
  create,
  isObject,
  type JsonObject,
  type JsonValue,
  type Message,
  MessageSchema,
  ParlanceError,
  type Part,
  PartSchema,
  parseExact,
  Role,
} from "../../sdk/index.js";
import { asArray, asObject, isString } from "./checks.js";
import { errorOfEvent } from "./errors.js";
import { decodeFinish } from "./finish.js";
import { WireObject } from "./own.js";
import { decodePart } from "./part-decode.js";
import { decodeUsage, tierOf } from "./usage.js";
import { ANSWER_TOOL } from "./wire.js";

const INPUT: ReadonlySet<string> = new Set(["input"]);

/**
 * Reads a provider's whole answer. Throws `malformed_answer` when it is none, and the error that it tells when it does.
 * A call of the hidden tool becomes the text of the answer.
 */
export function decodeResponse(text: string): Completion {
  const body = parseAnswer(text);
  if (body.type === "error" || (isObject(body.error) && !Array.isArray(body.content))) throw errorOfEvent(body);
  return readable(() => decodeCompletion(body));
}

/** The count of a provider's answer to a request to count tokens. */
export function decodeCountResponse(text: string): number {
  const { input_tokens: tokens } = parseAnswer(text);
  if (typeof tokens === "number" && Number.isInteger(tokens) && tokens >= 0) return tokens;
  throw new ParlanceError("malformed_answer", "The provider's count of tokens has no input_tokens.");
}

function parseAnswer(text: string): JsonObject {
  let body: unknown;
  try {
    body = parseExact(text, INPUT);
  } catch {
    throw new ParlanceError("malformed_answer", "The provider's answer is not JSON.");
  }
  if (!isObject(body)) throw new ParlanceError("malformed_answer", "The provider's answer is not a JSON object.");
  return body;
}

/** A fault in the provider's answer is never the caller's. */
export function readable<T>(read: () => T): T {
  try {
    return read();
  } catch (thrown) {
    const error = ParlanceError.from(thrown);
    if (error.code !== "invalid_request" || error.facts.providerType !== undefined) throw error;
    throw new ParlanceError("malformed_answer", `The provider's answer cannot be read: ${error.message}`, {
      cause: error,
    });
  }
}

function decodeCompletion(body: JsonObject): Completion {
  const wire = new WireObject(body, "");
  wire.note("own", true);
  const completion = create(CompletionSchema);
  for (const name of ["id", "model"] as const) {
    const value = wire.takeIf(name, isString);
    if (value !== undefined) completion[name] = value;
    if (value === undefined || value === "") wire.note(name, value ?? "absent");
  }
  for (const [name, usual] of [
    ["type", "message"],
    ["role", "assistant"],
  ] as const) {
    const value = wire.take(name);
    if (value !== usual) wire.note(name, value ?? "absent");
  }
  const { message, answered } = decodeAnswer(wire.take("content"));
  const choice = create(ChoiceSchema, { index: 0, message });
  const finish = new WireObject({}, "");
  for (const name of ["stop_details"]) {
    const value = wire.take(name);
    if (value !== undefined) finish.keep(name, value);
  }
  const stop = wire.take("stop_reason");
  const sequence = wire.take("stop_sequence");
  choice.finish = decodeFinish(stop, sequence, answered);
  if (!isString(stop)) finish.note("stop_reason", stop === null ? null : "absent");
  if (sequence === undefined) finish.noteWithout("stop_sequence");
  const kept = finish.extensions();
  if (kept !== undefined) choice.extensions = kept;
  completion.choices = [choice];
  takeUsage(wire, completion);
  const extensions = wire.extensions();
  if (extensions !== undefined) completion.extensions = extensions;
  return completion;
}

function takeUsage(wire: WireObject, completion: Completion): void {
  const usage = wire.peek("usage");
  if (!isObject(usage)) {
    wire.noteWithout("usage");
    return;
  }
  wire.take("usage");
  completion.usage = decodeUsage(usage);
  const tier = tierOf(usage);
  if (tier !== undefined) completion.serviceTier = tier;
  else if (usage.service_tier !== undefined) wire.note("tier", usage.service_tier);
}

function decodeAnswer(content: JsonValue | undefined): { message: Message; answered: boolean } {
  let answered = false;
  const parts = asArray(content, "content").map((block, index) => {
    if (!isHiddenCall(asObject(block, `content[${index}]`))) return decodePart(block, `content[${index}]`);
    answered = true;
    return hiddenAnswer(decodePart(block, `content[${index}]`));
  });
  return { message: create(MessageSchema, { role: Role.ASSISTANT, parts }), answered };
}

/** Whether a block is the answer that was asked for through the hidden tool. */
export function isHiddenCall(block: JsonObject): boolean {
  return block.type === "tool_use" && block.name === ANSWER_TOOL;
}

function hiddenAnswer(call: Part): Part {
  const text = call.kind.case === "toolCall" ? call.kind.value.arguments : "";
  return create(PartSchema, { kind: { case: "text", value: { text } } });
}
