import { isObject, type JsonValue, type Members, readMember, splice } from "../../sdk/index.js";
import { SEAL } from "../sealed-part.js";

interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

const SEALED = Buffer.from(`"${SEAL}`);

/**
 * The caller's body for a target of the same dialect: the same bytes but for the model's name, and without what is the
 * gateway's own: the member `parlance`, and items that an earlier, translated answer has sealed, which no provider can
 * read. Usage is told in every stream, so that nothing has to be asked for.
 */
export function spliceRequest(body: Buffer, members: Members, target: { readonly model: string }): Buffer {
  const edits: Edit[] = [];
  const model = members.byName.get("model");
  const name = JSON.stringify(target.model);
  if (model !== undefined && body.toString("utf8", model.start, model.end) !== name)
    edits.push({ ...model, text: name });
  const own = cutMember(body, members, "parlance");
  if (own !== undefined) edits.push(own);
  const sealed = unsealedInput(body, members);
  if (sealed !== undefined) edits.push(sealed);
  if (edits.length === 0) return body;
  return splice(
    body,
    edits.sort((a, b) => a.start - b.start),
  );
}

/** The input without its sealed items; undefined when it has none. */
function unsealedInput(body: Buffer, members: Members): Edit | undefined {
  const input = members.byName.get("input");
  if (input === undefined) return undefined;
  const found = body.indexOf(SEALED, input.start);
  if (found === -1 || found >= input.end) return undefined;
  const items = readMember(body, members, "input") as JsonValue;
  if (!Array.isArray(items) || !items.some(isSealed)) return undefined;
  return { ...input, text: JSON.stringify(items.filter((item) => !isSealed(item))) };
}

function isSealed(item: JsonValue): boolean {
  return isObject(item) && typeof item.encrypted_content === "string" && item.encrypted_content.startsWith(SEAL);
}

/** Cuts a top-level member out, with the comma that belonged to it. */
function cutMember(body: Buffer, members: Members, name: string): Edit | undefined {
  const member = members.byName.get(name);
  if (member === undefined) return undefined;
  const start = body.lastIndexOf(`"${name}"`, member.start);
  if (start === -1) return undefined;
  let before = start - 1;
  while (isSpace(body[before])) before -= 1;
  if (body[before] === 44 /* , */) return { start: before, end: member.end, text: "" };
  let after = member.end;
  while (isSpace(body[after])) after += 1;
  return { start, end: body[after] === 44 ? after + 1 : after, text: "" };
}

function isSpace(byte: number | undefined): boolean {
  return byte === 32 || byte === 10 || byte === 13 || byte === 9;
}
