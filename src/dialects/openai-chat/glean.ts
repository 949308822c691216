import { type Finish, type Gleaned, isObject, type JsonObject, skim, type Usage } from "../../sdk/index.js";
import { decodeFinish } from "./finish.js";
import { decodeUsage } from "./usage.js";

const USAGE = Buffer.from('"usage"');
const FINISH = Buffer.from('"finish_reason"');

/**
 * Usage and finish of a whole answer, read at its end and without a parse of the rest, which is only passed over. Of what
 * is no JSON nothing is told.
 */
export function glean(body: Buffer): Gleaned {
  try {
    skim(body);
  } catch {
    return { usage: undefined, finish: undefined };
  }
  const usage = usageNear(body);
  const finish = finishNear(body);
  if (usage !== undefined && finish !== undefined) return { usage, finish };
  return gleanWhole(body, usage, finish);
}

function usageNear(body: Buffer): Usage | undefined {
  const at = body.lastIndexOf(USAGE);
  if (at === -1) return undefined;
  const start = valueAfter(body, at + USAGE.length);
  const value = start === undefined || body[start] !== 123 ? undefined : parseObjectAt(body, start);
  // A nested object of the same name has other members.
  return value !== undefined && typeof value.prompt_tokens === "number" ? decodeUsage(value) : undefined;
}

function finishNear(body: Buffer): Finish | undefined {
  const at = body.indexOf(FINISH);
  const start = at === -1 ? undefined : valueAfter(body, at + FINISH.length);
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

function parseObjectAt(body: Buffer, start: number): JsonObject | undefined {
  let depth = 0;
  let inString = false;
  for (let at = start; at < body.length; at += 1) {
    const byte = body[at];
    if (inString) {
      if (byte === 92) at += 1;
      else if (byte === 34) inString = false;
    } else if (byte === 34) inString = true;
    else if (byte === 123) depth += 1;
    else if (byte === 125) {
      depth -= 1;
      if (depth === 0) return parse(body.toString("utf8", start, at + 1));
    }
  }
  return undefined;
}

function gleanWhole(body: Buffer, usage: Usage | undefined, finish: Finish | undefined): Gleaned {
  const whole = parse(body.toString("utf8"));
  const choices = Array.isArray(whole?.choices) ? whole.choices : [];
  const first = choices.find(isObject);
  const word = first?.finish_reason;
  return {
    usage: usage ?? (isObject(whole?.usage) ? decodeUsage(whole.usage) : undefined),
    finish: finish ?? (word === undefined || word === null ? undefined : decodeFinish(word, undefined)),
  };
}

function parse(text: string): JsonObject | undefined {
  try {
    const value = JSON.parse(text) as unknown;
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
