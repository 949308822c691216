import { isDeepStrictEqual } from "node:util";
import {
  type Completion,
  CompletionSchema,
  ChoiceSchema,
  create,
  isObject,
  type JsonObject,
  LogprobsSchema,
  MessageSchema,
  ParlanceError,
  type Part,
  Role,
  type TokenLogprob,
} from "../../sdk/index.js";
import { errorFromBody } from "../openai-errors/index.js";
import { asArray, isCount, isString } from "../openai-chat/checks.js";
import { decodeFinish, encodeFinish } from "./finish.js";
import { decodeItem } from "./item-decode.js";
import { WireObject } from "./own.js";
import { decodeUsage } from "./usage.js";

/** Reads a provider's whole answer. Throws `malformed_answer` when it is none, and the error that it tells when it does. */
export function decodeResponse(text: string): Completion {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    throw new ParlanceError("malformed_answer", "The provider's answer is not JSON.");
  }
  if (!isObject(body)) throw new ParlanceError("malformed_answer", "The provider's answer is not a JSON object.");
  if (body.status === "failed" || (body.error && !Array.isArray(body.output))) throw errorOfResponse(body);
  return readable(() => decodeCompletion(body));
}

/**
 * Codes of a failed answer that speak of the request, beside those of pictures.
 * Source: https://platform.openai.com/docs/api-reference/responses/object
 */
const OF_THE_REQUEST = /^(?:invalid_|bio_policy$|image_|unsupported_image_|empty_image_|failed_to_download_image$)/;

/** The error that an answer tells. */
export function errorOfResponse(body: JsonObject): ParlanceError {
  const { error } = body;
  if (isObject(error) && isString(error.code) && OF_THE_REQUEST.test(error.code)) {
    return errorFromBody({ error: { ...error, type: "invalid_request_error" } });
  }
  if (error) return errorFromBody({ error });
  return new ParlanceError("provider_error", "The provider failed to answer and did not say why.");
}

/** A fault in the provider's answer is never the caller's. */
export function readable<T>(read: () => T): T {
  try {
    return read();
  } catch (thrown) {
    const error = ParlanceError.from(thrown);
    if (error.code !== "invalid_request" || error.facts.providerStatus !== undefined) throw error;
    throw new ParlanceError("malformed_answer", `The provider's answer cannot be read: ${error.message}`, {
      cause: error,
    });
  }
}

function decodeCompletion(body: JsonObject): Completion {
  const wire = new WireObject(body, "");
  const completion = create(CompletionSchema);
  const tokens: TokenLogprob[] = [];
  const parts: Part[] = [];
  asArray(wire.take("output"), "output").forEach((item, index) => {
    decodeItem(item, `output[${index}]`, { answer: true, tokens }, parts);
  });
  completion.choices = [
    create(ChoiceSchema, {
      index: 0,
      message: create(MessageSchema, { role: Role.ASSISTANT, parts }),
      finish: takeFinish(wire, parts.some(isCall)),
      ...(tokens.length > 0 && { logprobs: create(LogprobsSchema, { content: tokens }) }),
    }),
  ];
  takeHead(wire, completion);
  const usage = wire.take("usage");
  if (usage !== undefined) completion.usage = decodeUsage(usage);
  const extensions = wire.extensions();
  if (extensions !== undefined) completion.extensions = extensions;
  return completion;
}

/** Whether a part asks the caller to run a tool. */
export function isCall({ kind }: Part): boolean {
  return kind.case === "toolCall";
}

/** The members of an answer that the vocabulary has, but for its items, its ending and its usage. */
export function takeHead(wire: WireObject, completion: Completion): void {
  wire.note("own", true);
  const without: string[] = [];
  for (const name of ["id", "model"] as const) {
    const value = wire.takeIf(name, isString);
    if (value === undefined || value === "") without.push(name);
    if (value === "") wire.keep(name, "");
    completion[name] = value ?? "";
  }
  if (wire.peek("object") === "response") wire.take("object");
  else without.push("object");
  const created = wire.takeIf("created_at", isCount);
  if (created === undefined) without.push("created_at");
  else completion.createTime = { $typeName: "google.protobuf.Timestamp", seconds: BigInt(created), nanos: 0 };
  const tier = wire.takeIf("service_tier", isString);
  if (tier !== undefined) completion.serviceTier = tier;
  if (without.length > 0) wire.note("without", without);
}

/** The ending, taken where it can be written again; what cannot stays as it was. */
export function takeFinish(wire: WireObject, calls: boolean) {
  const status = wire.peek("status");
  const details = wire.peek("incomplete_details");
  const finish = decodeFinish(status, details, calls);
  const again = encodeFinish(finish);
  if (again.status === status && isDeepStrictEqual(again.incomplete_details ?? undefined, details)) {
    wire.take("status");
    wire.take("incomplete_details");
  } else wire.note("ending", "own");
  return finish;
}
