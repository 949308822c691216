/** A line of messages to a thread. */
export interface MessageLine {
  post(message: unknown): void;
  onMessage(listener: (message: unknown) => void): void;
}

/** What a plugin out of the gateway's thread runs in, once it was started: a thread, a process, or somebody else's machine. */
export interface Carrier {
  /** Where it can be asked: an address, as `@grpc/grpc-js` writes them, or the line to a thread. */
  readonly target: string | MessageLine;
  /** What it wants as bearer. */
  readonly token: string | undefined;
  /** PEM certificates to trust, for TLS; `system` for those of the system. Absent means plaintext. */
  readonly trust?: Buffer | "system" | undefined;
  /** Number of its process, for show. */
  readonly pid?: number | undefined;
  /** Resolves once it has ended, with how. Never for what the gateway did not start. */
  readonly ended: Promise<string>;
  /** Resolves once there is something to connect to. */
  readonly listening: Promise<void>;
  /** Bytes of memory that it holds now; undefined where nobody can tell, or the limit is kept elsewhere. */
  memory(): number | undefined;
  /** Ends it in order: resolves once it is over, which is enforced after a grace. */
  stop(): Promise<void>;
  /** Ends it at once. */
  kill(): void;
}
