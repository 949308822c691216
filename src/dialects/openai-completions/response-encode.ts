import {
  type AnswerContext,
  type Choice,
  type Completion,
  extensionsOf,
  isObject,
  type JsonObject,
  type JsonValue,
  type Loss,
  LossKind,
  LossSchema,
  create,
} from "../../sdk/index.js";
import { openaiChat } from "../openai-chat/index.js";
import { encodeLogprobs } from "./logprobs.js";
import { DIALECT } from "./wire.js";

/** Writes a whole answer. What the wire has no place for is told with the other losses, in the member `parlance`. */
export function encodeResponse(completion: Completion, context: AnswerContext): string {
  const losses = [...completion.losses, ...completion.choices.flatMap(lossesOf)];
  const chat = JSON.parse(openaiChat.encodeResponse({ ...completion, losses }, context)) as JsonObject;
  const form = formOf(completion);
  const out: JsonObject = {
    ...chat,
    object: form.object ?? "text_completion",
    choices: completion.choices.map((choice, index) =>
      encodeChoice(choice, (chat.choices as JsonObject[])[index] as JsonObject, context.echo ?? ""),
    ),
  };
  if (form.object === "absent") delete out.object;
  return JSON.stringify(out);
}

function encodeChoice(choice: Choice, chat: JsonObject, echo: string): JsonObject {
  const { message: _, logprobs: _logprobs, ...others } = chat;
  const { logprobs: kept } = formOf(choice);
  let logprobs: JsonValue = null;
  if (choice.logprobs !== undefined) logprobs = encodeLogprobs(choice.logprobs, [...echo].length);
  const out: JsonObject = { text: echo + textOf(choice), logprobs: kept ?? logprobs, ...others };
  out.finish_reason = finishOf(out.finish_reason);
  return out;
}

/** Tools cannot be asked for on this wire, so that no client of it knows their finish. */
export function finishOf(word: JsonValue | undefined): JsonValue {
  return word === "tool_calls" || word === "function_call" ? "stop" : (word ?? null);
}

function textOf(choice: Choice): string {
  return (choice.message?.parts ?? [])
    .map(({ kind }) => (kind.case === "text" || kind.case === "refusal" ? kind.value.text : ""))
    .join("");
}

function lossesOf(choice: Choice): Loss[] {
  return (choice.message?.parts ?? []).flatMap(({ kind }, part) => {
    const loss = lossOf(kind.case, choice.index, part);
    return loss === undefined ? [] : [loss];
  });
}

/** The loss of a part of an answer; undefined for text, and for what is told as text. */
export function lossOf(kind: string | undefined, choice: number, part: number): Loss | undefined {
  if (kind === undefined || kind === "text" || kind === "refusal") return undefined;
  return create(LossSchema, {
    path: `choices[${choice}].message.parts[${part}]`,
    kind: LossKind.DROPPED,
    reason: `The answer holds a part of the kind ${kind}, and ${DIALECT} has only text.`,
  });
}

function formOf(noun: { readonly extensions?: JsonObject | undefined }): JsonObject {
  const form = extensionsOf(noun, DIALECT)?.$form;
  return isObject(form) ? form : {};
}
