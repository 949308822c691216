import { type Gleaned, isObject, type Usage } from "../../sdk/index.js";
import { decodeUsage } from "./response-decode.js";

const USAGE = Buffer.from('"usage"');

/** Usage of a whole answer. Vectors are most of the body and hold no names: the last place is the right one. */
export function glean(body: Buffer): Gleaned {
  const at = body.lastIndexOf(USAGE);
  return { usage: at === -1 ? undefined : (usageAt(body, at) ?? usageOf(body)), finish: undefined };
}

function usageAt(body: Buffer, at: number): Usage | undefined {
  const start = body.indexOf(123, at);
  const end = body.indexOf(125, start);
  if (start === -1 || end === -1) return undefined;
  const between = body.toString("latin1", at + USAGE.length, start);
  if (!/^\s*:\s*$/.test(between)) return undefined;
  return parsed(body.toString("utf8", start, end + 1));
}

function usageOf(body: Buffer): Usage | undefined {
  try {
    const whole = JSON.parse(body.toString("utf8")) as unknown;
    return isObject(whole) && isObject(whole.usage) ? decodeUsage(whole.usage) : undefined;
  } catch {
    return undefined;
  }
}

function parsed(text: string): Usage | undefined {
  try {
    const usage = JSON.parse(text) as unknown;
    return isObject(usage) && typeof usage.prompt_tokens === "number" ? decodeUsage(usage) : undefined;
  } catch {
    return undefined;
  }
}
