import { isObject, type JsonObject } from "../../sdk/index.js";
import { type Leaf, leavesOf } from "./leaves.js";
import { canonical, IMPLIED, JOINED, saysNothing } from "./same.js";

/** What was told of a field that did not arrive as it was. */
export interface Told {
  readonly path: string;
}

/**
 * The members of a noun that neither arrived nor were told as lost: there must be none. `before` and `after`: the noun
 * in protobuf's JSON with the names of the proto, as it was and as the receiver of the wire reads it.
 */
export function unaccounted(before: JsonObject, after: JsonObject, told: readonly Told[]): Leaf[] {
  const arrived = new Map<string, string[]>();
  for (const leaf of leavesOf(described(after))) {
    const [pattern, text] = canonical(leaf);
    const list = arrived.get(pattern);
    if (list === undefined) arrived.set(pattern, [text]);
    else list.push(text);
  }
  const isTold = ({ path }: Leaf): boolean => told.some((loss) => concerns(loss.path, path));
  const leaves = leavesOf(described(before));
  const paths = new Set(leaves.map(({ path }) => path));
  // Where a document lies elsewhere, its server tells the media type.
  const isElsewhere = ({ path }: Leaf): boolean => paths.has(path.replace(/media_type$/, "url"));
  return leaves.filter(
    (leaf) =>
      !saysNothing(leaf) &&
      !isMoot(leaf, before, after) &&
      !isTold(leaf) &&
      !(leaf.path.endsWith("media_type") && isElsewhere(leaf)) &&
      !take(leaf, arrived),
  );
}

/** Whether a loss at `told` accounts for the member at `path`. */
export function concerns(told: string, path: string): boolean {
  return covers(told, path) || fallsWith(told, path);
}

/** What falls with a part: its hints, and the role of a message that holds nothing else. */
function fallsWith(told: string, path: string): boolean {
  // A part that is lost takes along what lies around it.
  const part = /^(.*\b(?:parts|content)\[\d+\])\.(?:image|audio|file)$/.exec(told)?.[1];
  if (part !== undefined && begins(path, part)) return true;
  return path.endsWith(".role") && told.startsWith(`${path.slice(0, -"role".length)}parts`);
}

/** Whether a loss at `told` accounts for the member at `path`: the member, one around it, or one within it. */
function covers(told: string, path: string): boolean {
  return told === path || begins(path, told) || begins(told, path);
}

function begins(long: string, short: string): boolean {
  return long.startsWith(short) && (long[short.length] === "." || long[short.length] === "[");
}

function take(leaf: Leaf, arrived: ReadonlyMap<string, string[]>): boolean {
  const [pattern, text] = canonical(leaf);
  if (IMPLIED.some(([said, by]) => said === pattern && arrived.has(by))) return true;
  const list = arrived.get(pattern);
  if (list === undefined) return false;
  // A role may be shared by neighbours that became one message.
  if (pattern.endsWith(".role")) return list.includes(text);
  const at = JOINED.has(pattern) ? list.findIndex((whole) => whole.includes(text)) : list.indexOf(text);
  if (at === -1) return false;
  if (!JOINED.has(pattern)) list.splice(at, 1);
  return true;
}

/** A schema's description may stand beside it or in it. */
function described(noun: JsonObject): JsonObject {
  const format = noun.response_format;
  const inner = isObject(format) ? format.json_schema : undefined;
  if (!isObject(format) || !isObject(inner) || !isObject(inner.schema)) return noun;
  const { description, ...schema } = inner.schema;
  if (description === undefined || inner.description !== undefined) return noun;
  return { ...noun, response_format: { ...format, json_schema: { ...inner, schema, description } } };
}

/** A member to which nothing is left that it could rule. */
function isMoot({ path }: Leaf, before: JsonObject, after: JsonObject): boolean {
  const { reasoning } = before;
  if (path.startsWith("reasoning.")) {
    return isObject(reasoning) && reasoning.effort === "REASONING_EFFORT_NONE" && path !== "reasoning.effort";
  }
  const choice = before.tool_choice;
  const none = isObject(choice) && choice.mode === "TOOL_CHOICE_MODE_NONE";
  if (path === "parallel_tool_calls") return none || after.tools === undefined;
  return path === "tool_choice.mode" && after.tools === undefined;
}
