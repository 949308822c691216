import {
  type AnswerContext,
  type Completion,
  type JsonObject,
  type Loss,
  LossKind,
  type Message,
  type Part,
} from "../../sdk/index.js";
import { encodeAnnotation } from "./citations.js";
import type { AnswerTokens, PieceTarget } from "./content-encode.js";
import { encodeFinish, nativeFinish } from "./finish.js";
import { beginsMessage, type ItemKind, itemKindOf, messageItem, singleItem } from "./item-encode.js";
import { formOf, restore } from "./own.js";
import { responseSettings } from "./response-object.js";
import { encodeUsage } from "./usage.js";

/** What an answer's pieces are written for. */
export const ANSWER: PieceTarget = { text: "output_text", answer: true };

/** Writes a whole answer: its first choice, since the wire has one only. Losses are told in its member `parlance`. */
export function encodeResponse(completion: Completion, context: AnswerContext): string {
  const form = formOf(completion);
  const own = form.own === true;
  const choice = completion.choices[0];
  const out: JsonObject = own ? {} : responseSettings(context.request?.());
  out.id = completion.id || answerId(context.requestId);
  out.object = "response";
  out.created_at = Number(completion.createTime?.seconds ?? context.created);
  out.model = completion.model || context.model;
  if (Array.isArray(form.without)) for (const name of form.without) delete out[name as string];
  if (form.ending !== "own") Object.assign(out, endingOf(completion));
  if (out.status === "failed") out.error = FAILED;
  out.output = outputItems(completion, itemBase(context.requestId));
  if (completion.usage !== undefined) out.usage = encodeUsage(completion.usage);
  else if (!own) out.usage = null;
  if (completion.serviceTier !== undefined) out.service_tier = completion.serviceTier;
  const told = { ...(own ? {} : nativeFinish(choice?.finish)), ...lossesOf(completion) };
  if (Object.keys(told).length > 0) out.parlance = told;
  return JSON.stringify(restore(out, completion));
}

/** What is told of a failure of which nothing is known. */
export const FAILED: JsonObject = { code: "server_error", message: "The provider failed while it answered." };

function endingOf(completion: Completion): JsonObject {
  const { status, incomplete_details: details } = encodeFinish(completion.choices[0]?.finish);
  const own = formOf(completion).own === true;
  // Of an answer of this dialect, a null came with the fields that were kept.
  return details === null && own ? { status } : { status, incomplete_details: details };
}

/** An id for an answer that came without one. */
export function answerId(requestId: string): string {
  return requestId.startsWith("resp_") ? requestId : `resp_${requestId}`;
}

/** What ids of items are made of. */
export function itemBase(requestId: string): string {
  return requestId.replace(/[^a-zA-Z0-9]/g, "").slice(-32);
}

const PREFIXES: Readonly<Record<ItemKind, string>> = {
  message: "msg",
  reasoning: "rs",
  sealed: "rs",
  function_call: "fc",
  custom_tool_call: "ctc",
  image: "ig",
  opaque: "it",
};

/** The id of an item that has none: another than that of the call that it may hold. */
export function itemId(kind: ItemKind, base: string, index: number): string {
  return `${PREFIXES[kind]}_${base}${index}`;
}

/** The member `output`. Texts and refusals that follow each other are pieces of one message. */
function outputItems(completion: Completion, base: string): JsonObject[] {
  const choice = completion.choices[0];
  const parts = choice?.message?.parts ?? [];
  const tokens: AnswerTokens = {
    list: [...(choice?.logprobs?.content ?? [])],
    last: parts.findLast((part) => part.kind.case === "text"),
  };
  const items: JsonObject[] = [];
  let open: Part[] = [];
  // Only what came last can have been cut off.
  const cutOff = encodeFinish(choice?.finish).status === "incomplete";
  const statusOf = (kind: ItemKind, last: boolean): string | undefined => {
    if (kind === "reasoning" || kind === "sealed") return undefined;
    return kind === "message" && last && cutOff ? "incomplete" : "completed";
  };
  const head = (kind: ItemKind, last = false) => ({
    id: itemId(kind, base, items.length),
    status: statusOf(kind, last),
  });
  const flush = (last = false): void => {
    if (open.length === 0) return;
    items.push(messageItem(open, head("message", last), ANSWER, () => "", tokens));
    open = [];
  };
  for (const part of parts) {
    const kind = itemKindOf(part);
    if (kind === "message") {
      if (beginsMessage(part)) flush();
      open.push(part);
    } else {
      flush();
      items.push(singleItem(part, kind, head(kind)));
    }
  }
  flush(true);
  return items;
}

/** The gateway's losses, and those of the answer that this wire cannot say, as the member `parlance` tells them. */
export function lossesOf(completion: Pick<Completion, "choices" | "losses">): JsonObject {
  const losses = [
    ...completion.losses.map(encodeLoss),
    ...completion.choices.slice(1).map((_, index) => dropped(`choices[${index + 1}]`, "The wire has one answer only.")),
    ...answerLosses(completion.choices[0]?.message),
  ];
  return losses.length === 0 ? {} : { losses };
}

function answerLosses(message: Message | undefined): JsonObject[] {
  return (message?.parts ?? []).flatMap(({ kind }, index): JsonObject[] => {
    const path = `choices[0].message.parts[${index}]`;
    if (kind.case === "audio") return [dropped(`${path}.audio.data`, "The wire has no sound: its transcript is told.")];
    if (kind.case !== "text") return [];
    return kind.value.citations.flatMap((citation, number): JsonObject[] =>
      encodeAnnotation(citation, true) === undefined
        ? [dropped(`${path}.text.citations[${number}]`, "The wire cites addresses only.")]
        : [],
    );
  });
}

function dropped(path: string, reason: string): JsonObject {
  return { path, kind: "dropped", reason };
}

function encodeLoss({ path, kind, reason }: Loss): JsonObject {
  return { path, kind: kind === LossKind.APPROXIMATED ? "approximated" : "dropped", reason };
}
