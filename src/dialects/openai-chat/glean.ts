import {
  type Finish,
  type Gleaned,
  isObject,
  type JsonValue,
  type Member,
  type Members,
  readMember,
  skim,
} from "../../sdk/index.js";
import { decodeFinish } from "./finish.js";
import { decodeUsage } from "./usage.js";

const FINISH = Buffer.from('"finish_reason"');

/** Usage and finish of a whole answer, without a parse of what was said. Nothing of a body that is not whole. */
export function glean(body: Buffer): Gleaned {
  let members: Members;
  try {
    members = skim(body);
  } catch {
    return { usage: undefined, finish: undefined };
  }
  const usage = readMember(body, members, "usage") as JsonValue | undefined;
  const choices = members.byName.get("choices");
  return {
    usage: isObject(usage) ? decodeUsage(usage) : undefined,
    finish: choices && (finishNear(body, choices) ?? finishWithin(body, members)),
  };
}

function finishNear(body: Buffer, { start: from, end: to }: Member): Finish | undefined {
  const at = body.indexOf(FINISH, from);
  const start = at === -1 || at >= to ? undefined : valueAfter(body, at + FINISH.length);
  if (start === undefined || body[start] !== 34) return undefined;
  const end = body.indexOf(34, start + 1);
  const word = body.toString("utf8", start + 1, end);
  return end === -1 || word === "" || word.includes("\\") ? undefined : decodeFinish(word, undefined);
}

/** Offset of the value after a member's name; undefined when no colon follows, as after a string value. */
function valueAfter(body: Buffer, from: number): number | undefined {
  let at = from;
  while (isSpace(body[at])) at += 1;
  if (body[at] !== 58) return undefined;
  at += 1;
  while (isSpace(body[at])) at += 1;
  return at;
}

function isSpace(byte: number | undefined): boolean {
  return byte === 32 || byte === 10 || byte === 13 || byte === 9;
}

function finishWithin(body: Buffer, members: Members): Finish | undefined {
  const choices = readMember(body, members, "choices") as JsonValue | undefined;
  const first = Array.isArray(choices) ? choices.find(isObject) : undefined;
  const word = first?.finish_reason;
  return word === undefined || word === null ? undefined : decodeFinish(word, undefined);
}
