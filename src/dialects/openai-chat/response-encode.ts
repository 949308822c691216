import {
  type AnswerContext,
  type Choice,
  type Completion,
  type JsonObject,
  type Loss,
  LossKind,
} from "../../sdk/index.js";
import { finishWord, nativeWord } from "./finish.js";
import { encodeLogprobs } from "./logprobs.js";
import { encodeAnswerMessage } from "./message-answer.js";
import { formOf, restore } from "./own.js";
import { encodeUsage } from "./usage.js";

/** Writes a whole answer; losses are told in its member `parlance`. */
export function encodeResponse(completion: Completion, context: AnswerContext): string {
  const form = formOf(completion);
  const without = Array.isArray(form.without) ? form.without : [];
  const out: JsonObject = {};
  if (!without.includes("id")) out.id = completion.id || ((form.id as string | undefined) ?? context.requestId);
  out.object = (form.object as string | undefined) ?? "chat.completion";
  if (form.object === "absent") delete out.object;
  if (!without.includes("created")) out.created = Number(completion.createTime?.seconds ?? context.created);
  if (!without.includes("model")) out.model = completion.model || ((form.model as string | undefined) ?? context.model);
  out.choices = completion.choices.map((choice) => encodeChoice(choice, context.legacyFunctions));
  if (completion.usage !== undefined) out.usage = encodeUsage(completion.usage);
  if (completion.serviceTier !== undefined) out.service_tier = completion.serviceTier;
  if (completion.losses.length > 0) out.parlance = { losses: encodeLosses(completion.losses) };
  return JSON.stringify(restore(out, completion));
}

/** The gateway's losses as the member `parlance.losses` tells them. */
export function encodeLosses(losses: readonly Loss[]): JsonObject[] {
  return losses.map(({ path, kind, reason }) => ({
    path,
    kind: kind === LossKind.APPROXIMATED ? "approximated" : "dropped",
    reason,
  }));
}

function encodeChoice(choice: Choice, legacyFunctions: boolean): JsonObject {
  const form = formOf(choice);
  const out: JsonObject = {};
  if (form.index !== "absent") out.index = choice.index;
  if (choice.message !== undefined && form.message !== "absent") {
    out.message = encodeMessage(choice.message, legacyFunctions);
  }
  if (form.logprobs !== undefined) out.logprobs = form.logprobs;
  else if (choice.logprobs !== undefined) out.logprobs = encodeLogprobs(choice.logprobs);
  writeFinish(choice, out, form, legacyFunctions);
  return restore(out, choice);
}

function writeFinish(choice: Choice, out: JsonObject, form: JsonObject, legacyFunctions: boolean): void {
  const { finish } = choice;
  if (finish?.stopSequence !== undefined) out.stop_reason = finish.stopSequence;
  if (form.finish_reason !== undefined) {
    if (form.finish_reason !== "absent") out.finish_reason = form.finish_reason;
    return;
  }
  const word = finishWord(finish, legacyFunctions);
  out.finish_reason = word;
  const native = nativeWord(finish, word);
  if (native !== undefined) out.native_finish_reason = native;
}

function encodeMessage(message: NonNullable<Choice["message"]>, legacyFunctions: boolean): JsonObject {
  const out = encodeAnswerMessage(message, legacyFunctions);
  const { role } = formOf(message);
  if (role === undefined) return out;
  const { role: _, ...others } = out;
  return role === "absent" ? others : { ...others, role: role };
}
