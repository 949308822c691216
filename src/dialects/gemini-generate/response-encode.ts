import { timestampDate } from "@bufbuild/protobuf/wkt";
import {
  type AnswerContext,
  type Choice,
  type Citation,
  type Completion,
  type JsonObject,
  type JsonValue,
  type Loss,
  Losses,
  LossKind,
  type Part,
  stringifyExact,
} from "../../sdk/index.js";
import { finishWord } from "./finish.js";
import { groundingOf } from "./grounding.js";
import { encodeLogprobs } from "./logprobs.js";
import { fieldsOf, formOf, restore } from "./own.js";
import { encodeParts, type Placed } from "./part-encode.js";
import { encodeUsage } from "./usage.js";
import { answerLosses } from "../answer-losses.js";
import { ANSWER_GAPS } from "./answer-gaps.js";

/** Writes a whole answer. Losses are told in its member `parlance`. */
export function encodeResponse(completion: Completion, context: AnswerContext): string {
  const own = formOf(completion).own === true;
  const choices = completion.choices.filter((choice) => formOf(choice).made !== true);
  const out: JsonObject = { candidates: choices.map((choice) => encodeCandidate(choice, own)) };
  if (completion.usage !== undefined) out.usageMetadata = encodeUsage(completion.usage);
  out.modelVersion = completion.model || context.model;
  out.responseId = completion.id || context.requestId;
  if (completion.createTime !== undefined) out.createTime = timestampDate(completion.createTime).toISOString();
  const losses = answerLosses(completion, ANSWER_GAPS);
  if (losses.length > 0) out.parlance = { losses: encodeLosses(losses) };
  return stringifyExact(restore(out, completion));
}

function encodeCandidate(choice: Choice, own: boolean): JsonObject {
  const parts = choice.message?.parts ?? [];
  const written = encodeAnswerParts(parts);
  // Clients read the first part without asking.
  const content: JsonObject = { parts: written.length === 0 && !own ? [{ text: "" }] : written, role: "model" };
  const out: JsonObject = { content, finishReason: finishWord(choice.finish, own), index: choice.index };
  const fields = fieldsOf(choice);
  if (choice.logprobs !== undefined) out.logprobsResult = fields.logprobsResult ?? encodeLogprobs(choice.logprobs);
  const grounding = fields.groundingMetadata ?? groundingOfParts(parts);
  if (grounding !== undefined) out.groundingMetadata = grounding;
  return restore(out, choice);
}

/** Parts of an answer; what the wire cannot say is left out. */
export function encodeAnswerParts(parts: readonly Part[]): JsonObject[] {
  const placed = parts.map((part): Placed => [part, ""]);
  return encodeParts(placed, { names: NO_NAMES, losses: new Losses(), answer: true });
}

const NO_NAMES: ReadonlyMap<string, string> = new Map();

function groundingOfParts(parts: readonly Part[]): JsonValue | undefined {
  let text = "";
  const citations: Citation[] = [];
  for (const { kind } of parts) {
    if (kind.case !== "text") continue;
    const { length } = text;
    text += kind.value.text;
    for (const citation of kind.value.citations) citations.push(moved(citation, length));
  }
  return groundingOf(citations, text);
}

function moved(citation: Citation, by: number): Citation {
  const { startIndex, endIndex } = citation;
  if (startIndex === undefined || endIndex === undefined || by === 0) return citation;
  return { ...citation, startIndex: startIndex + by, endIndex: endIndex + by };
}

/** The gateway's losses as the member `parlance.losses` tells them. */
export function encodeLosses(losses: readonly Loss[]): JsonObject[] {
  return losses.map(({ path, kind, reason }) => ({
    path,
    kind: kind === LossKind.APPROXIMATED ? "approximated" : "dropped",
    reason,
  }));
}

/** Writes a count of tokens: https://ai.google.dev/api/tokens#response-body */
export function encodeCountResponse(tokens: number): string {
  return JSON.stringify({ totalTokens: tokens });
}
