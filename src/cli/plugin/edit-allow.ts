import { isScalar, isSeq, parseDocument, type Scalar, type YAMLSeq } from "yaml";

/** A configuration's text with a list `plugins.allow` that holds one name more or less. */
export interface EditedAllow {
  readonly text: string;
  /** Whether the text differs from the one that was given. */
  readonly changed: boolean;
  /** Names in the list now; empty where there is none, so that every plugin may be loaded. */
  readonly names: readonly string[];
}

/** Adds a name to the list, where there is one that holds any. All else stays as it was, comments included. */
export function addToAllow(text: string, name: string): EditedAllow {
  const list = allowList(text);
  const last = list?.items.at(-1);
  if (list === undefined || last === undefined) return { text, changed: false, names: [] };
  const names = namesOf(list);
  if (names.includes(name)) return { text, changed: false, names };
  const spelled =
    last.type === "QUOTE_DOUBLE" ? JSON.stringify(name) : /^[a-z][\w.-]*$/.test(name) ? name : `'${name}'`;
  const changed = list.flow
    ? insert(text, endOf(last), `, ${spelled}`)
    : insert(text, endOfLine(text, endOf(last)), `\n${indentOf(text, last)}- ${spelled}`);
  return { text: changed, changed: true, names: [...names, name] };
}

/** Takes a name out of the list, where it is there. All else stays as it was, comments included. */
export function removeFromAllow(text: string, name: string): EditedAllow {
  const list = allowList(text);
  const names = list === undefined ? [] : namesOf(list);
  const index = names.indexOf(name);
  if (list === undefined || index === -1) return { text, changed: false, names };
  const rest = names.filter((_, at) => at !== index);
  return { text: cut(text, ...spanOf(text, list, index)), changed: true, names: rest };
}

type AllowList = YAMLSeq<Scalar<string>>;

function allowList(text: string): AllowList | undefined {
  const list: unknown = parseDocument(text).getIn(["plugins", "allow"], true);
  return isSeq(list) && list.items.every((item) => isScalar(item)) ? (list as AllowList) : undefined;
}

function namesOf(list: AllowList): string[] {
  return list.items.map(({ value }) => value);
}

function spanOf(text: string, list: AllowList, index: number): [from: number, to: number] {
  const item = list.items[index] as Scalar<string>;
  const before = list.items[index - 1];
  const after = list.items[index + 1];
  if (!list.flow) {
    return [text.lastIndexOf("\n", startOf(item)) + 1, Math.min(endOfLine(text, endOf(item)) + 1, text.length)];
  }
  if (before !== undefined) return [endOf(before), endOf(item)];
  return [startOf(item), after === undefined ? endOf(item) : startOf(after)];
}

function startOf(node: Scalar): number {
  return node.range?.[0] ?? 0;
}

function endOf(node: Scalar): number {
  return node.range?.[1] ?? 0;
}

function endOfLine(text: string, at: number): number {
  const end = text.indexOf("\n", at);
  return end === -1 ? text.length : end;
}

/** What stands before the dash of a list's item. */
function indentOf(text: string, item: Scalar): string {
  const line = text.slice(text.lastIndexOf("\n", startOf(item)) + 1, startOf(item));
  return line.slice(0, line.indexOf("-"));
}

function insert(text: string, at: number, more: string): string {
  return text.slice(0, at) + more + text.slice(at);
}

function cut(text: string, from: number, to: number): string {
  return text.slice(0, from) + text.slice(to);
}
