import { isObject, type JsonValue, parseExact, RawJson } from "@parlance/sdk";

const INPUT: ReadonlySet<string> = new Set(["input"]);

/** Reads a body whose members `input` keep every number and key order. */
export function parseBody(text: string): unknown {
  return parseExact(text, INPUT);
}

/**
 * The arguments of a call as the wire's `input`, with no number and no key order changed; undefined when they are no
 * JSON object. Empty text is the call of a tool without arguments.
 */
export function exactInput(args: string): JsonValue | undefined {
  const text = args.trim();
  if (text === "") return {};
  if (!text.startsWith("{")) return undefined;
  let input: unknown;
  try {
    ({ input } = parseBody(`{"input":${text}}`) as { input: unknown });
  } catch {
    return undefined;
  }
  return input instanceof RawJson || isObject(input) ? (input as JsonValue) : undefined;
}
