import type { Clock } from "../../core/clock.js";
import { ParlanceError, readMember, skim } from "../../sdk/index.js";
import type { DocumentKey, Store } from "../../store/store.js";

/** One answered turn of a conversation, as it is kept. */
export interface KeptResponse {
  /** `provider/model` that made the answer and holds it too; undefined where only the gateway has it. */
  readonly target: string | undefined;
  /** Id of the answer that this turn follows. */
  readonly previous: string | undefined;
  /** JSON text of the request's `input`: a text or a list of items. */
  readonly input: string;
  /** JSON text of the answer; undefined while only its provider can tell it. */
  readonly response: string | undefined;
}

/** The answers that can be asked for again. */
export interface KeptResponses {
  /** Keeps an answer. Never rejects: it has been given, whether it can be kept or not. */
  put(id: string, kept: KeptResponse): Promise<void>;
  /** Rejects with `overloaded` while the store cannot be reached. */
  get(id: string): Promise<KeptResponse | undefined>;
  /** Gives true when it was there. Rejects as `get`. */
  delete(id: string): Promise<boolean>;
}

/** What an id can be: those of providers have up to some hundred characters. */
const ID = /^[\w-]{1,500}$/;

/** Answers in a store, for `keepMs` each. */
export function keptResponses(store: Store, clock: Clock, keepMs: number): KeptResponses {
  return {
    async put(id, kept) {
      if (!ID.test(id)) return;
      try {
        await store.put(keyOf(id), encode(kept), clock.wall() + keepMs);
      } catch {
        // The store has told it.
      }
    },
    async get(id) {
      if (!ID.test(id)) return undefined;
      const document = await reach(store.get(keyOf(id)));
      return document === undefined ? undefined : decode(document);
    },
    delete: async (id) => ID.test(id) && (await reach(store.delete(keyOf(id)))),
  };
}

/** Callers are not told apart, as long as the gateway knows nobody. */
function keyOf(id: string): DocumentKey {
  return { tenant: "", kind: "response", id };
}

async function reach<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (cause) {
    throw new ParlanceError("overloaded", "Kept responses cannot be reached at the moment. Try again.", {
      retryAfterMs: 1000,
      cause,
    });
  }
}

// Texts are put together and cut apart, not parsed: what is in them is given back as it was.
function encode({ target, previous, input, response }: KeptResponse): Buffer {
  const members = [
    target === undefined ? [] : [`"target":${JSON.stringify(target)}`],
    previous === undefined ? [] : [`"previous":${JSON.stringify(previous)}`],
    [`"input":${input}`],
    response === undefined ? [] : [`"response":${response}`],
  ];
  return Buffer.from(`{${members.flat().join()}}`);
}

function decode(document: Buffer): KeptResponse {
  const members = skim(document);
  const text = (name: string): string | undefined => {
    const member = members.byName.get(name);
    return member && document.toString("utf8", member.start, member.end);
  };
  return {
    target: readMember(document, members, "target") as string | undefined,
    previous: readMember(document, members, "previous") as string | undefined,
    input: text("input") ?? "[]",
    response: text("response"),
  };
}
