import { type Members, splice } from "../../sdk/index.js";

/**
 * The caller's body for a target of the same dialect: the same bytes without the gateway's own member, since neither the
 * model nor the wish for a stream is in it.
 */
export function spliceRequest(body: Buffer, members: Members): Buffer {
  const member = members.byName.get("parlance");
  const start = member === undefined ? -1 : body.lastIndexOf('"parlance"', member.start);
  if (member === undefined || start === -1) return body;
  const before = skipSpace(body, start - 1, -1);
  if (body[before] === COMMA) return splice(body, [{ start: before, end: member.end, text: "" }]);
  const after = skipSpace(body, member.end, 1);
  return splice(body, [{ start, end: body[after] === COMMA ? after + 1 : after, text: "" }]);
}

const COMMA = 44;

function skipSpace(bytes: Buffer, from: number, step: 1 | -1): number {
  let at = from;
  while (bytes[at] === 32 || bytes[at] === 10 || bytes[at] === 13 || bytes[at] === 9) at += step;
  return at;
}
