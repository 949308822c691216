import { hash } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";
import type { Caller } from "../core/exchange.js";

/** Where clients put their credential, whatever the dialect, the most usual first. */
const CREDENTIALS = ["authorization", "x-api-key", "x-goog-api-key", "api-key"] as const;
/** Most credentials whose hashes are remembered, beside as many of earlier. */
const REMEMBERED = 5000;
const KEY_LENGTH = 16;

let recent = new Map<string, string>();
let earlier: ReadonlyMap<string, string> = recent;

/** Who sent a request. Reads of its headers only what is asked for. */
export class RequestCaller implements Caller {
  readonly #headers: IncomingHttpHeaders;

  constructor(headers: IncomingHttpHeaders) {
    this.#headers = headers;
  }

  get key(): string | undefined {
    for (const name of CREDENTIALS) {
      const credential = this.header(name);
      if (credential !== undefined && credential !== "") return keyOf(credential);
    }
    return undefined;
  }

  header(name: string): string | undefined {
    const value = this.#headers[name];
    return Array.isArray(value) ? value.join(", ") : value;
  }
}

/** The same for a credential whichever header it comes in, on every replica, and of no use for finding it. */
function keyOf(sent: string): string {
  const known = recent.get(sent) ?? earlier.get(sent);
  if (known !== undefined) return known;
  const credential = sent.replace(/^bearer\s+/i, "");
  const key = hash("sha256", `parlance caller ${credential}`, "base64url").slice(0, KEY_LENGTH);
  if (recent.size >= REMEMBERED) {
    earlier = recent;
    recent = new Map();
  }
  recent.set(sent, key);
  return key;
}
