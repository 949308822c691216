import {
  ChatRequestSchema,
  create,
  type EncodeTarget,
  type JsonObject,
  Losses,
  type MessageInitShape,
  type ModelTraits,
  ParlanceError,
  type PartSchema,
  Role,
} from "../../src/sdk/index.js";
import { anthropicMessages } from "../../src/dialects/anthropic-messages/index.js";

/**
 * Short ways to build requests of the vocabulary and to see them on the wire of `anthropic-messages`, for its tests.
 * @module
 */

export type RequestInit = MessageInitShape<typeof ChatRequestSchema>;
export type PartInit = MessageInitShape<typeof PartSchema>;

export const text = (value: string, more: object = {}): PartInit => ({
  kind: { case: "text", value: { text: value } },
  ...more,
});
export const call = (id: string, args = "{}", name = "look"): PartInit => ({
  kind: { case: "toolCall", value: { id, name, arguments: args } },
});
export const result = (id: string, words = "done"): PartInit => ({
  kind: { case: "toolResult", value: { toolCallId: id, content: words === "" ? [] : [text(words)] } },
});
export const user = (...parts: PartInit[]) => ({ role: Role.USER, parts: parts as never[] });
export const assistant = (...parts: PartInit[]) => ({ role: Role.ASSISTANT, parts: parts as never[] });
export const tool = (...parts: PartInit[]) => ({ role: Role.TOOL, parts: parts as never[] });
export const system = (...parts: PartInit[]) => ({ role: Role.SYSTEM, parts: parts as never[] });
export const look = {
  kind: { case: "function", value: { name: "look", parameters: { type: "object", properties: {} } } },
} as const;

export function encode(
  init: RequestInit,
  traits: ModelTraits = {},
  strict = false,
): { body: JsonObject; losses: { path: string; kind: number }[]; text: string } {
  const losses = new Losses(strict);
  const request = create(ChatRequestSchema, { model: "asked", messages: [user(text("hi"))], ...init });
  const target: EncodeTarget = { model: "claude-x", stream: false, traits, losses };
  const written = anthropicMessages.encodeRequest(request, target);
  return {
    body: JSON.parse(written) as JsonObject,
    losses: losses.list.map(({ path, kind }) => ({ path, kind })),
    text: written,
  };
}

export const paths = (list: readonly { path: string }[]): string[] => list.map(({ path }) => path);

export function again(body: JsonObject, traits: ModelTraits = {}): JsonObject {
  const decoded = anthropicMessages.decodeRequest(JSON.stringify(body));
  const target = { model: body.model as string, stream: body.stream === true, traits, losses: new Losses() };
  return JSON.parse(anthropicMessages.encodeRequest(decoded, target)) as JsonObject;
}

export const failure = (run: () => unknown): ParlanceError => {
  try {
    run();
  } catch (thrown) {
    return ParlanceError.from(thrown);
  }
  throw new Error("it did not fail");
};
