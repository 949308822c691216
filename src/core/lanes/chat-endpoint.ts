import type { ChatEndpoint, ErrorDialect, Wire, WireEndpoint } from "../../sdk/index.js";

/** Where a server takes chats of a caller: in the caller's own dialect if it speaks that, else in its main one. */
export function chatEndpoint(wire: Wire | undefined, asked: ErrorDialect | undefined): WireEndpoint | undefined {
  if (asked === undefined || wire?.otherChats === undefined || wire.chat?.dialect === asked.name) return wire?.chat;
  return wire.otherChats.find(({ dialect }) => dialect === asked.name) ?? wire.chat;
}

/** Where a server counts tokens in the dialect of that endpoint; undefined when it does not. */
export function countPath(wire: Wire | undefined, endpoint: WireEndpoint | undefined): string | undefined {
  if (endpoint === undefined || endpoint === wire?.chat) return wire?.tokenCount?.path;
  return (endpoint as ChatEndpoint).tokenCountPath;
}

/** Whether a server gets the words of a caller of this dialect as they are. */
export function isVerbatim(wire: Wire | undefined, asked: ErrorDialect | undefined): boolean {
  return asked !== undefined && chatEndpoint(wire, asked)?.dialect === asked.name;
}
