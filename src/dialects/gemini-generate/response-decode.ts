import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import {
  type Choice,
  ChoiceSchema,
  type Completion,
  CompletionSchema,
  create,
  isObject,
  type JsonObject,
  type JsonValue,
  MessageSchema,
  ParlanceError,
  type Part,
  parseExact,
  Role,
} from "../../sdk/index.js";
import { blockedPart, blockReason, withSeals } from "./answer-parts.js";
import { CallIds } from "./call-ids.js";
import { asObject, isCount, isString } from "./checks.js";
import { errorOfEvent } from "./errors.js";
import { blockedFinish, decodeFinish } from "./finish.js";
import { citationsOf } from "./grounding.js";
import { decodeLogprobs } from "./logprobs.js";
import { WireObject } from "./own.js";
import { decodePart } from "./part-decode.js";
import { decodeUsage, tierOf } from "./usage.js";
import { DIALECT } from "./wire.js";

const RAW: ReadonlySet<string> = new Set(["args", "response"]);

/**
 * Reads a provider's whole answer: https://ai.google.dev/api/generate-content#generatecontentresponse. Throws
 * `malformed_answer` when it is none, and the error that it tells when it does.
 */
export function decodeResponse(text: string): Completion {
  const body = parseAnswer(text, "answer");
  if (body.error !== undefined && body.candidates === undefined) throw errorOfEvent(body.error);
  return readable(() => decodeCompletion(body, text));
}

/** The JSON object of an answer or of one event of it. Throws `malformed_answer` when it is none. */
export function parseAnswer(text: string, what: "answer" | "stream"): JsonObject {
  try {
    const body = parseExact(text, RAW);
    if (isObject(body)) return body;
  } catch {
    // Told below, as any other text that is no object.
  }
  throw new ParlanceError(
    "malformed_answer",
    what === "answer"
      ? "The provider's answer is not a JSON object."
      : "The provider's stream holds an event that is not a JSON object.",
  );
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

function decodeCompletion(body: JsonObject, text: string): Completion {
  const reason = blockReason(body);
  if (!Array.isArray(body.candidates) && body.usageMetadata === undefined && reason === undefined) {
    throw new ParlanceError("malformed_answer", "The provider's answer has no candidates.");
  }
  const wire = new WireObject(body, "");
  wire.note("own", true);
  const completion = create(CompletionSchema);
  completion.id = takeName(wire, "responseId");
  completion.model = takeName(wire, "modelVersion");
  takeTime(wire, completion);
  const usage = wire.takeIf("usageMetadata", isObject);
  if (usage !== undefined) {
    completion.usage = decodeUsage(usage);
    const tier = tierOf(usage);
    if (tier !== undefined) completion.serviceTier = tier;
  }
  const candidates = wire.takeIf("candidates", (value): value is JsonValue[] => Array.isArray(value));
  if (candidates === undefined) wire.noteWithout("candidates");
  const ids = new CallIds(completion.id || text);
  completion.choices =
    reason === undefined
      ? (candidates ?? []).map((candidate, at) => decodeCandidate(candidate, at, ids))
      : [blockedChoice(body, reason)];
  const extensions = wire.extensions();
  if (extensions !== undefined) completion.extensions = extensions;
  return completion;
}

function takeName(wire: WireObject, name: string): string {
  const value = wire.takeIf(name, isString);
  if (value === undefined) wire.noteWithout(name);
  else if (value === "") wire.noteAs(name, "");
  return value ?? "";
}

function takeTime(wire: WireObject, completion: Completion): void {
  const time = wire.takeIf("createTime", isString);
  if (time === undefined) return;
  // The text is finer than what clocks of ours tell.
  wire.noteAs("createTime", time);
  const at = new Date(time);
  if (!Number.isNaN(at.getTime())) completion.createTime = timestampFromDate(at);
}

function decodeCandidate(value: JsonValue, at: number, ids: CallIds): Choice {
  const wire = new WireObject(asObject(value, `candidates[${at}]`), `candidates[${at}]`);
  const index = wire.takeIf("index", isCount);
  if (index === undefined) wire.noteWithout("index");
  const parts = decodeContent(wire, ids);
  const calls = parts.some(({ kind }) => kind.case === "toolCall");
  const word = wire.take("finishReason");
  if (word === undefined) wire.noteWithout("finishReason");
  else if (!isString(word)) wire.noteAs("finishReason", word);
  const logprobs = decodeLogprobs(wire.peek("logprobsResult"));
  cite(parts, wire.peek("groundingMetadata"));
  const extensions = wire.extensions();
  return create(ChoiceSchema, {
    index: index ?? at,
    message: create(MessageSchema, { role: Role.ASSISTANT, parts }),
    finish: decodeFinish(word, calls),
    ...(logprobs && { logprobs }),
    ...(extensions && { extensions }),
  });
}

function decodeContent(wire: WireObject, ids: CallIds): Part[] {
  const content = wire.group("content");
  if (content === undefined) {
    wire.noteWithout("content");
    return [];
  }
  const role = content.take("role");
  if (role === undefined) content.noteWithout("role");
  else if (role !== "model") content.noteAs("role", role);
  const list = content.takeList("parts");
  if (list === undefined) content.noteWithout("parts");
  else if (list.length === 0) content.noteAs("parts", []);
  return withSeals((list ?? []).flatMap((part, index) => decodePart(part, `${content.at("parts")}[${index}]`, ids)));
}

/** Cites the sources of the answer on its last text, which is all of it wherever sources are told. */
function cite(parts: readonly Part[], metadata: JsonValue | undefined): void {
  const last = parts.findLast(({ kind }) => kind.case === "text" && kind.value.text !== "");
  if (last?.kind.case === "text") last.kind.value.citations = citationsOf(metadata, last.kind.value.text);
}

function blockedChoice(body: JsonObject, reason: JsonValue): Choice {
  return create(ChoiceSchema, {
    index: 0,
    message: create(MessageSchema, { role: Role.ASSISTANT, parts: [blockedPart(body.promptFeedback)] }),
    finish: blockedFinish(reason),
    extensions: { [DIALECT]: { $form: { made: true } } },
  });
}
