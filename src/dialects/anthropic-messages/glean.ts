import { type Gleaned, isObject, type JsonValue, readMember, skim } from "../../sdk/index.js";
import { decodeFinish } from "./finish.js";
import { decodeUsage } from "./usage.js";

/** Usage and finish of a whole verbatim answer: the content is passed over, not parsed. */
export function glean(body: Buffer): Gleaned {
  try {
    const members = skim(body);
    const usage = readMember(body, members, "usage") as JsonValue | undefined;
    const word = readMember(body, members, "stop_reason") as JsonValue | undefined;
    const sequence = readMember(body, members, "stop_sequence") as JsonValue | undefined;
    return {
      usage: isObject(usage) ? decodeUsage(usage) : undefined,
      finish: typeof word === "string" ? decodeFinish(word, sequence) : undefined,
    };
  } catch {
    return { usage: undefined, finish: undefined };
  }
}
