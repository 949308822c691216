import { isDeepStrictEqual } from "node:util";
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
  Role,
} from "../../sdk/index.js";
import { errorFromBody } from "../openai-errors/index.js";
import { asArray, asObject, isCount, isString, isTime } from "./checks.js";
import { decodeFinish } from "./finish.js";
import { decodeLogprobs, encodeLogprobs } from "./logprobs.js";
import { decodeMessage } from "./message-decode.js";
import { WireObject } from "./own.js";
import { decodeUsage } from "./usage.js";
import { OWN_FINISHES } from "./wire.js";

/** Reads a provider's whole answer. Throws `malformed_answer` when it is none, and the error that it tells when it does. */
export function decodeResponse(text: string): Completion {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    throw new ParlanceError("malformed_answer", "The provider's answer is not JSON.");
  }
  if (!isObject(body)) throw new ParlanceError("malformed_answer", "The provider's answer is not a JSON object.");
  if (body.error && !Array.isArray(body.choices)) throw errorFromBody(body);
  try {
    return decodeCompletion(body);
  } catch (thrown) {
    const error = ParlanceError.from(thrown);
    // A fault in the provider's answer is never the caller's.
    if (error.code !== "invalid_request" || error.facts.providerStatus !== undefined) throw error;
    throw new ParlanceError("malformed_answer", `The provider's answer cannot be read: ${error.message}`, {
      cause: error,
    });
  }
}

function decodeCompletion(body: JsonObject): Completion {
  const wire = new WireObject(body, "");
  const completion = create(CompletionSchema);
  const absent: string[] = [];
  for (const name of ["id", "model"] as const) {
    const value = wire.takeIf(name, isString);
    if (value === undefined) absent.push(name);
    else if (value === "") wire.note(name, "");
    completion[name] = value ?? "";
  }
  const object = wire.take("object");
  if (object !== "chat.completion") wire.note("object", object ?? "absent");
  const created = wire.takeIf("created", isTime);
  if (created === undefined) absent.push("created");
  else completion.createTime = { $typeName: "google.protobuf.Timestamp", seconds: BigInt(created), nanos: 0 };
  completion.choices = asArray(wire.take("choices"), "choices").map((choice, index) => decodeChoice(choice, index));
  const usage = wire.take("usage");
  if (usage !== undefined) completion.usage = decodeUsage(usage);
  const tier = wire.takeIf("service_tier", isString);
  if (tier !== undefined) completion.serviceTier = tier;
  if (absent.length > 0) wire.note("without", absent);
  const extensions = wire.extensions();
  if (extensions !== undefined) completion.extensions = extensions;
  return completion;
}

function decodeChoice(value: JsonValue, position: number): Choice {
  const wire = new WireObject(asObject(value, `choices[${position}]`), `choices[${position}]`);
  const error = wire.peek("error");
  if (error !== undefined) throw errorFromBody({ error });
  const choice = create(ChoiceSchema, { index: position });
  const index = wire.takeIf("index", isCount);
  if (index === undefined) wire.note("index", "absent");
  else choice.index = index;
  const message = wire.take("message");
  // A filtered answer may come without its message.
  if (message === undefined) {
    wire.note("message", "absent");
    choice.message = create(MessageSchema, { role: Role.ASSISTANT });
  } else choice.message = decodeAnswerMessage(message, wire.at("message"));
  const stop = wire.takeIf("stop_reason", isString);
  const finish = wire.take("finish_reason");
  if (finish !== undefined) {
    choice.finish = decodeFinish(finish, stop);
    if (!isString(finish) || !OWN_FINISHES.has(finish)) wire.note("finish_reason", finish);
  } else {
    choice.finish = decodeFinish("", stop);
    wire.note("finish_reason", "absent");
  }
  const logprobs = wire.peek("logprobs");
  const read = logprobs === undefined ? undefined : decodeLogprobs(logprobs);
  if (read !== undefined) {
    wire.take("logprobs");
    choice.logprobs = read;
    if (!isDeepStrictEqual(encodeLogprobs(read), logprobs)) wire.note("logprobs", logprobs as JsonValue);
  }
  const extensions = wire.extensions();
  if (extensions !== undefined) choice.extensions = extensions;
  return choice;
}

/** Some servers leave the role out or empty. */
function decodeAnswerMessage(value: JsonValue, path: string): Choice["message"] {
  const object = asObject(value, path);
  if (object.role === "assistant") return decodeMessage(object, path, 0, new Map());
  const { role, ...others } = object;
  const message = decodeMessage({ ...others, role: "assistant" }, path, 0, new Map());
  const own = new WireObject({}, "");
  own.note("role", role ?? "absent");
  const kept = message.extensions?.["openai-chat"] as JsonObject | undefined;
  const mine = own.extensions()?.["openai-chat"] as JsonObject;
  message.extensions = {
    "openai-chat": { ...kept, $form: { ...(kept?.$form as JsonObject), ...(mine.$form as JsonObject) } },
  };
  return message;
}
