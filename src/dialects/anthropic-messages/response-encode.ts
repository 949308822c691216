import {
  type AnswerContext,
  type Completion,
  type JsonObject,
  type Loss,
  LossKind,
  type Part,
  stringifyExact,
} from "../../sdk/index.js";
import { encodeAnswerBlock } from "./answer-block.js";
import { finishWord } from "./finish.js";
import { formOf, restore } from "./own.js";
import { encodeUsage } from "./usage.js";
import { answerLosses } from "../answer-losses.js";
import { ANSWER_GAPS } from "./answer-gaps.js";

/**
 * Writes a whole answer: its first choice, since the wire has one only. Losses are told in its member `parlance`.
 */
export function encodeResponse(completion: Completion, context: AnswerContext): string {
  const form = formOf(completion);
  const choice = completion.choices[0];
  const parts = choice?.message?.parts ?? [];
  const out: JsonObject = { id: completion.id || answerId(context.requestId), type: "message", role: "assistant" };
  out.model = completion.model || context.model;
  for (const name of ["id", "model", "type", "role"]) {
    if (form[name] === "absent") delete out[name];
    else if (form[name] !== undefined) out[name] = form[name];
  }
  out.content = parts.flatMap((part) => encodeAnswerBlock(part) ?? []);
  writeStop(completion, out);
  out.usage = encodeUsage(completion.usage, completion.serviceTier);
  if (form.tier !== undefined) out.usage.service_tier = form.tier;
  const losses = answerLosses(completion, ANSWER_GAPS);
  if (losses.length > 0) out.parlance = { losses: encodeLosses(losses) };
  return stringifyExact(restore(out, completion));
}

function writeStop(completion: Completion, out: JsonObject): void {
  const choice = completion.choices[0];
  const { stop_reason: stop } = formOf(choice);
  const finish = choice?.finish;
  const said: JsonObject = {
    stop_reason: finishWord(finish, (choice?.message?.parts ?? []).some(isCall), formOf(completion).own === true),
    stop_sequence: finish?.stopSequence ?? null,
  };
  if (stop === null) said.stop_reason = null;
  else if (stop === "absent") delete said.stop_reason;
  Object.assign(out, choice === undefined ? said : restore(said, choice));
}

/** Whether a part asks the caller to run a tool. */
export function isCall({ kind }: Part): boolean {
  return kind.case === "toolCall";
}

/** An id for an answer that came without one. */
export function answerId(requestId: string): string {
  return requestId.startsWith("msg_") ? requestId : `msg_${requestId}`;
}

/** The gateway's losses as the member `parlance.losses` tells them. */
export function encodeLosses(losses: readonly Loss[]): JsonObject[] {
  return losses.map(({ path, kind, reason }) => ({
    path,
    kind: kind === LossKind.APPROXIMATED ? "approximated" : "dropped",
    reason,
  }));
}

/** Writes a count of tokens: https://platform.claude.com/docs/en/api/messages/count_tokens */
export function encodeCountResponse(tokens: number): string {
  return JSON.stringify({ input_tokens: tokens });
}
