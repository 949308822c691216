import {
  type Finish,
  type Gleaned,
  isObject,
  type JsonObject,
  type JsonValue,
  type Member,
  readMember,
  skim,
} from "../../sdk/index.js";
import { blockReason } from "./answer-parts.js";
import { blockedFinish, decodeFinish } from "./finish.js";
import { decodeUsage } from "./usage.js";

/** Usage and finish of a whole verbatim answer: the content is passed over, not parsed. */
export function glean(body: Buffer): Gleaned {
  try {
    const members = skim(body);
    const usage = readMember(body, members, "usageMetadata") as JsonValue | undefined;
    const feedback = readMember(body, members, "promptFeedback") as JsonValue | undefined;
    const candidates = members.byName.get("candidates");
    return {
      usage: isObject(usage) ? decodeUsage(usage) : undefined,
      finish: candidates === undefined ? blocked(feedback) : finishOf(body, candidates),
    };
  } catch {
    return { usage: undefined, finish: undefined };
  }
}

function blocked(feedback: JsonValue | undefined): Finish | undefined {
  const reason = blockReason({ promptFeedback: feedback ?? null });
  return reason === undefined ? undefined : blockedFinish(reason);
}

function finishOf(body: Buffer, { start, end }: Member): Finish | undefined {
  const first = firstCandidate(body.subarray(start, end));
  const word = first?.word;
  return typeof word === "string" || typeof word === "number" ? decodeFinish(word, first?.calls === true) : undefined;
}

const CALL = [Buffer.from('"functionCall"'), Buffer.from('"function_call"')];

/** What the first candidate says; most answers have no second, and need no parse of the content. */
function firstCandidate(list: Buffer): { word: unknown; calls: boolean } | undefined {
  try {
    const only = list.subarray(1, list.lastIndexOf("]"));
    const word = readMember(only, skim(only), "finishReason");
    return { word, calls: CALL.some((name) => only.indexOf(name) !== -1) };
  } catch {
    const [first] = JSON.parse(list.toString("utf8")) as JsonObject[];
    return first === undefined ? undefined : { word: first.finishReason, calls: callsTools(first.content) };
  }
}

/** Whether a content calls tools. */
export function callsTools(content: JsonValue | undefined): boolean {
  const parts = isObject(content) ? content.parts : undefined;
  const list = Array.isArray(parts) ? parts : [parts ?? null];
  return list.some((part) => isObject(part) && isObject(part.functionCall ?? part.function_call));
}
