import { isObject, type JsonValue, memberCut, type Members, readMember, splice } from "../../sdk/index.js";
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
  const own = memberCut(body, members, "parlance");
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
