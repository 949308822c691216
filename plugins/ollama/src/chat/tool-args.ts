import { isObject, type JsonValue, parseExact, RawJson } from "@parlance/sdk";

const ARGUMENTS: ReadonlySet<string> = new Set(["arguments"]);

/** A JSON object as text, no number and no key order changed; undefined when the text is none. Empty text is an empty object. */
export function objectOf(text: string): JsonValue | undefined {
  if (text.trim() === "") return {};
  let args: JsonValue;
  try {
    ({ arguments: args } = parseExact(`{"arguments":${text}}`, ARGUMENTS) as { arguments: JsonValue });
  } catch {
    return undefined;
  }
  if ((args as unknown) instanceof RawJson) return text.trim().startsWith("{") ? args : undefined;
  return isObject(args) ? args : undefined;
}
