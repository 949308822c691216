import { isObject, type JsonValue, parseExact, RawJson } from "../../sdk/index.js";

const INPUT: ReadonlySet<string> = new Set(["input"]);

/**
 * The arguments of a call as the wire's `input`, with no number and no key order changed; undefined when they are no
 * JSON object. Empty text is the call of a tool without arguments.
 */
export function toolInput(args: string): JsonValue | undefined {
  if (args.trim() === "") return {};
  let parsed: JsonValue;
  try {
    parsed = (parseExact(`{"input":${args}}`, INPUT) as { input: JsonValue }).input;
  } catch {
    return undefined;
  }
  return (parsed as unknown) instanceof RawJson
    ? args.trim().startsWith("{")
      ? parsed
      : undefined
    : isObject(parsed)
      ? parsed
      : undefined;
}
