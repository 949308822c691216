import type { ChatRequest, Message, Part } from "../../sdk/index.js";

/**
 * The request for one provider of a dialect: what another provider of it has sealed is marked as nobody's, so that the
 * encoder leaves it out and tells the loss under its own path. `none`: the provider has said that it cannot read what is
 * sealed. The same request when there is nothing to mark.
 */
export function readableBy(provider: string, chat: ChatRequest, none: boolean): ChatRequest {
  let marked = false;
  const messages = chat.messages.map((message): Message => {
    if (!message.parts.some((part) => isForeign(part, provider, none))) return message;
    marked = true;
    return { ...message, parts: message.parts.map((part) => (isForeign(part, provider, none) ? disown(part) : part)) };
  });
  return marked ? { ...chat, messages } : chat;
}

function isForeign({ kind }: Part, provider: string, none: boolean): boolean {
  if (kind.case === "opaque") return kind.value.maker !== undefined && kind.value.maker !== provider;
  if (kind.case !== "reasoning") return false;
  const { signature, encryptedContent, maker } = kind.value;
  if (signature === undefined && encryptedContent === undefined) return false;
  return none || (maker !== undefined && maker !== provider);
}

function disown(part: Part): Part {
  const { kind } = part;
  if (kind.case !== "opaque" && kind.case !== "reasoning") return part;
  const dialect = `${kind.value.dialect ?? "unknown"} of ${kind.value.maker ?? "another provider"}`;
  return { ...part, kind: { ...kind, value: { ...kind.value, dialect } } } as Part;
}
