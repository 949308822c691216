/** Where a document lies. Documents of one tenant are never found under another. */
export interface DocumentKey {
  /** Whose it is; empty where the gateway does not tell callers apart. */
  readonly tenant: string;
  /** What it is, such as `response`. */
  readonly kind: string;
  readonly id: string;
}

/**
 * Keeps documents until they expire. A put is seen by every get after it, in this process at once. Any method may reject
 * while the store cannot be reached; nothing waits longer than its own short timeout.
 */
export interface Store {
  /** Keeps a document, in place of the one that was there. `expiresAt`: Unix milliseconds after which it is gone. */
  put(key: DocumentKey, document: Buffer, expiresAt: number): Promise<void>;
  /** The document; undefined when there is none or it has expired. */
  get(key: DocumentKey): Promise<Buffer | undefined>;
  /** Gives true when there was such a document. */
  delete(key: DocumentKey): Promise<boolean>;
  /** Writes what waits and lets go of everything. Nothing may be asked after it. */
  close(): Promise<void>;
}

/** Told when a store cannot be reached any more, and when it can again: once for each change. */
export type TellStoreState = (state: "lost" | "back", error: Error | undefined) => void;
