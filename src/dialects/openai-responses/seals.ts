import {
  isObject,
  type JsonValue,
  type Losses,
  type Members,
  type ParlanceError,
  readMember,
  splice,
} from "../../sdk/index.js";

const ENCRYPTED = Buffer.from('"encrypted_content"');

/** Whether the input of a body may hold sealed reasoning: a native search. */
export function mayHoldSeals(body: Buffer, members: Members): boolean {
  const input = members.byName.get("input");
  if (input === undefined) return false;
  const found = body.indexOf(ENCRYPTED, input.start);
  return found !== -1 && found < input.end;
}

/** The body without sealed reasoning, where `all` asks for it: what the gateway has sealed itself is cut out anyway. */
export function removeSeals(body: Buffer, members: Members, all: boolean, losses: Losses): Buffer {
  const range = members.byName.get("input");
  if (!all || range === undefined || !mayHoldSeals(body, members)) return body;
  const items = readMember(body, members, "input") as JsonValue;
  if (!Array.isArray(items)) return body;
  const kept = items.filter((item, index) => {
    if (!isObject(item) || typeof item.encrypted_content !== "string") return true;
    losses.drop(`input[${index}]`, "The target takes back only reasoning that it has sealed itself.");
    return false;
  });
  return kept.length === items.length ? body : splice(body, [{ ...range, text: JSON.stringify(kept) }]);
}

/** Whether a refusal is about reasoning that the server cannot read: its code is `invalid_encrypted_content`. */
export function refusesSeals({ message, facts }: ParlanceError): boolean {
  return facts.providerCode === "invalid_encrypted_content" || /encrypted content/i.test(message);
}
