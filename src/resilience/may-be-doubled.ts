import type { Exchange } from "../core/exchange.js";
import { type ChatRequest, extensionsOf, type Member } from "../sdk/index.js";

/** Members that ask a provider to keep something, or to go on by itself. */
const MARKS = ["store", "background"];
/** Members that name what a provider adds to, or servers on which it acts for the caller. */
const ACTS = ["conversation", "mcp_servers"];
/** A tool that acts for the caller on a server of somebody else: https://platform.openai.com/docs/guides/tools-connectors-mcp */
const REMOTE_TOOL = "mcp";
const REMOTE_TOOL_SIGN = Buffer.from(`"${REMOTE_TOOL}"`);

/**
 * Whether two of a request at two providers do no more than one, but for what they cost. Not those that pass to a vendor's
 * own API, that are to be stored or to run in the background, that add to what a provider holds, and whose tools act on
 * servers of others.
 */
export function mayBeDoubled(exchange: Exchange): boolean {
  const { ask, through } = exchange;
  if (through !== undefined || ask.operation === "pass_through" || ask.operation === "count_tokens") return false;
  if (ask.operation === "embed") return true;
  const { wire } = ask;
  if (wire === undefined) return isHarmless(exchange.chat());
  const { body, members } = wire;
  return (
    !MARKS.some((name) => isTrue(body, members.byName.get(name))) &&
    !ACTS.some((name) => members.byName.has(name)) &&
    !body.includes(REMOTE_TOOL_SIGN)
  );
}

function isHarmless(chat: ChatRequest): boolean {
  if (chat.store === true) return false;
  const remote = chat.tools.some(
    ({ kind }) => kind.case === "opaque" && JSON.stringify(kind.value).includes(REMOTE_TOOL),
  );
  if (remote) return false;
  return Object.keys(chat.extensions ?? {}).every((dialect) => {
    const fields = extensionsOf(chat, dialect) ?? {};
    return !MARKS.some((name) => fields[name] === true) && !ACTS.some((name) => fields[name] !== undefined);
  });
}

function isTrue(body: Buffer, member: Member | undefined): boolean {
  return member !== undefined && body.toString("latin1", member.start, member.end) === "true";
}
