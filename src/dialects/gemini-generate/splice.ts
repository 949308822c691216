import { memberCut, type Members, skim, splice } from "../../sdk/index.js";
import { replaceForeign } from "./foreign-seal.js";
import { FOREIGN_SIGNATURE } from "./wire.js";

/** A range of a body and the text in its place. */
interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/**
 * The caller's body for a target of the same dialect: the same bytes, but for the gateway's own member, and for the
 * model's name where the body repeats it, in a request within a count of tokens too, and for seals that stand for
 * another provider's. Whether a stream is asked for is in the path alone.
 */
export function spliceRequest(body: Buffer, members: Members, target: { readonly model: string }): Buffer {
  const edits = [
    renameModel(body, members, target.model),
    ...WITHIN.map((name) => renameWithin(body, members, name, target.model)),
    memberCut(body, members, "parlance"),
    ...replaceForeign(body, FOREIGN_SIGNATURE),
  ].filter((edit) => edit !== undefined);
  if (edits.length === 0) return body;
  return splice(
    body,
    edits.sort((a, b) => a.start - b.start),
  );
}

/** The member that holds a whole request whose tokens are to be counted, in either spelling. */
const WITHIN = ["generateContentRequest", "generate_content_request"];

function renameWithin(body: Buffer, members: Members, name: string, model: string): Edit | undefined {
  const member = members.byName.get(name);
  if (member === undefined || body[member.start] !== BRACE) return undefined;
  const request = body.subarray(member.start, member.end);
  const edit = renameModel(request, skim(request), model);
  return edit && { start: member.start + edit.start, end: member.start + edit.end, text: edit.text };
}

function renameModel(body: Buffer, members: Members, model: string): Edit | undefined {
  const member = members.byName.get("model");
  if (member === undefined) return undefined;
  const told = body.toString("utf8", member.start, member.end);
  const name = JSON.stringify(told.startsWith('"models/') && !model.includes("/") ? `models/${model}` : model);
  return told === name ? undefined : { ...member, text: name };
}

const BRACE = 123;
