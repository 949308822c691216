import { type Gleaned, isObject, type JsonValue, type Members, readMember, skim } from "../../sdk/index.js";
import { decodeFinish } from "./finish.js";
import { decodeUsage } from "./usage.js";

// In JSON text the quotes inside a string are escaped, so that these bytes can only be whole values or names.
const CALLS = ["function_call", "custom_tool_call"].map((type) => Buffer.from(`"${type}"`));

/** Usage and finish of a whole answer, without a parse of what was said. */
export function glean(body: Buffer): Gleaned {
  let members: Members;
  try {
    members = skim(body);
  } catch {
    return { usage: undefined, finish: undefined };
  }
  const read = (name: string) => readMember(body, members, name) as JsonValue | undefined;
  const usage = read("usage");
  const status = read("status");
  const output = members.byName.get("output");
  const calls = output !== undefined && hasCall(body.subarray(output.start, output.end));
  return {
    usage: isObject(usage) ? decodeUsage(usage) : undefined,
    finish: typeof status === "string" ? decodeFinish(status, read("incomplete_details"), calls) : undefined,
  };
}

/** Whether the output asks the caller to run a tool. */
export function hasCall(output: Buffer): boolean {
  return CALLS.some((type) => output.includes(type));
}
