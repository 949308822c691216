import {
  type ChatRequest,
  ChatRequestSchema,
  create,
  invalid,
  isObject,
  type JsonObject,
  type JsonValue,
  kindOf,
  type MessageInitShape,
  parseExact,
} from "../../sdk/index.js";
import { readOwnMember } from "../own-member.js";
import { isString } from "./checks.js";
import { takeContents, takeSystem } from "./contents-decode.js";
import { takeGeneration } from "./generation-decode.js";
import { plain, WireObject } from "./own.js";
import type { RequestInit } from "./request-init.js";
import { takeToolChoice } from "./tool-choice.js";
import { takeTools } from "./tools.js";

const RAW: ReadonlySet<string> = new Set(["args", "response"]);

/** Front of a model's name as a resource; some clients write it in the body too. */
const MODELS = /^models\//;

/**
 * Reads a caller's request, for an answer or for a count of tokens. The wire names the model in the path: `model` stays
 * empty unless the body says it too. Throws `invalid_request` that names the field.
 * https://ai.google.dev/api/generate-content, https://ai.google.dev/api/tokens
 */
export function decodeRequest(text: string): ChatRequest {
  const body = parseObject(text);
  const counted = body.generateContentRequest ?? body.generate_content_request;
  const wire = new WireObject(isObject(counted) ? counted : body, "");
  const init: RequestInit = {};
  // What came in this dialect is not put right on its way to a target of this dialect.
  wire.note("own", true);
  const model = wire.takeIf("model", isString);
  if (model !== undefined) {
    init.model = model.replace(MODELS, "");
    wire.note("model", MODELS.test(model) ? "models/" : "bare");
  }
  const system = takeSystem(wire);
  init.messages = [...(system === undefined ? [] : [system]), ...takeContents(wire)];
  takeTools(wire, init);
  takeToolChoice(wire, init);
  takeGeneration(wire, init);
  const tier = wire.takeIf("serviceTier", isString);
  if (tier !== undefined) init.serviceTier = tier;
  takeOwn(wire, init);
  const extensions = wire.extensions();
  if (extensions !== undefined) init.extensions = extensions;
  return create(ChatRequestSchema, init as MessageInitShape<typeof ChatRequestSchema>);
}

function parseObject(text: string): JsonObject {
  let value: unknown;
  try {
    value = parseExact(text, RAW);
  } catch {
    throw invalid("body", "The body is not valid JSON.");
  }
  if (!isObject(value)) throw invalid("body", `The body must be a JSON object, not ${kindOf(value as JsonValue)}.`);
  return value;
}

function takeOwn(wire: WireObject, init: RequestInit): void {
  const own = wire.take("parlance");
  if (own !== undefined) Object.assign(init, readOwnMember(plain(own)));
}
