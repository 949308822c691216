import { createHash } from "node:crypto";
import { MADE_ID } from "./wire.js";

/**
 * Ids for the calls of a conversation or an answer, which on this wire often have none: made in order, so that reading
 * the same text again makes the same ids. An answer to a call without an id belongs to the first open call of its name.
 */
export class CallIds {
  readonly #front: string;
  readonly #open: { readonly id: string; readonly name: string }[] = [];
  #made = 0;

  /** `answer`: the id of the answer that calls, so that two answers of one conversation never make the same id. */
  constructor(answer?: string) {
    this.#front = answer === undefined ? MADE_ID : `${MADE_ID}${digest(answer)}_`;
  }

  /** The id of a call. */
  call(name: string, id: string | undefined): string {
    const given = id === undefined || id === "" ? this.#make() : id;
    this.#open.push({ id: given, name });
    return given;
  }

  /** The id of the call that is answered. */
  result(name: string, id: string | undefined): string {
    const at = this.#open.findIndex((call) => (id === undefined || id === "" ? call.name === name : call.id === id));
    const [found] = at === -1 ? [] : this.#open.splice(at, 1);
    return id === undefined || id === "" ? (found?.id ?? this.#make()) : id;
  }

  #make(): string {
    const id = `${this.#front}${this.#made}`;
    this.#made += 1;
    return id;
  }
}

/** The id as the wire takes it back: undefined for one that was made here. */
export function wireId(id: string): string | undefined {
  return id === "" || id.startsWith(MADE_ID) ? undefined : id;
}

function digest(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 16);
}
