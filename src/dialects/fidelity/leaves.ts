import { isObject, type JsonObject, type JsonValue } from "../../sdk/index.js";

/** One member that is set in a noun. */
export interface Leaf {
  /** Where, in the words of the vocabulary: `messages[2].parts[0].image.detail`. */
  readonly path: string;
  /** The same without numbers, and without the place of a part in the conversation: `part.image.detail`. */
  readonly pattern: string;
  /** As protobuf's JSON has it. */
  readonly value: JsonValue;
}

/** Members that are free JSON, and so one value each. */
const WHOLE: ReadonlySet<string> = new Set(["parameters", "schema", "format", "value"]);

/** Every member that is set in a noun, from its JSON with the names of the proto. */
export function leavesOf(noun: JsonObject): Leaf[] {
  const out: Leaf[] = [];
  walk(noun, "", out);
  return out;
}

function walk(value: JsonValue, path: string, out: Leaf[]): void {
  if (Array.isArray(value)) {
    value.forEach((item, index) => {
      walk(item, `${path}[${index}]`, out);
    });
    return;
  }
  if (!isObject(value) || Object.keys(value).length === 0) {
    out.push({ path, pattern: patternOf(path), value });
    return;
  }
  for (const name of Object.keys(value)) {
    const member = value[name] as JsonValue;
    const at = path === "" ? name : `${path}.${name}`;
    if (name === "extensions" && isObject(member)) walkExtensions(member, at, out);
    else if (WHOLE.has(name) && isObject(member)) out.push({ path: at, pattern: patternOf(at), value: member });
    else walk(member, at, out);
  }
}

/** How a known fact came in, which dialects note under `$` names, is no member that could be lost. */
function walkExtensions(extensions: JsonObject, path: string, out: Leaf[]): void {
  for (const dialect of Object.keys(extensions)) {
    const fields = extensions[dialect];
    if (!isObject(fields)) continue;
    for (const name of Object.keys(fields)) {
      if (name.startsWith("$") || fields[name] === null) continue;
      const at = `${path}.${dialect}.${name}`;
      out.push({ path: at, pattern: patternOf(at), value: fields[name] as JsonValue });
    }
  }
}

function patternOf(path: string): string {
  return path
    .replace(/\[\d+\]/g, "[]")
    .replace(/^(?:messages\[\]|choices\[\]\.message)\.parts\[\]\.(?:tool_result\.content\[\]\.)?/, "part.");
}
