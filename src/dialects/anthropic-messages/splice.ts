import { type Members, splice } from "../../sdk/index.js";

interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/**
 * The caller's body for a target of the same dialect: the same bytes but for the model's name, and without the
 * gateway's own member `parlance`. Usage is told in every stream, so that nothing has to be asked for.
 */
export function spliceRequest(body: Buffer, members: Members, target: { readonly model: string }): Buffer {
  const edits: Edit[] = [];
  const model = members.byName.get("model");
  const name = JSON.stringify(target.model);
  if (model === undefined) {
    edits.push({
      start: members.open,
      end: members.open,
      text: `"model":${name}${members.byName.size === 0 ? "" : ","}`,
    });
  } else if (body.toString("utf8", model.start, model.end) !== name) {
    edits.push({ ...model, text: name });
  }
  const own = cutMember(body, members, "parlance");
  if (own !== undefined) edits.push(own);
  if (edits.length === 0) return body;
  return splice(
    body,
    edits.sort((a, b) => a.start - b.start),
  );
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
