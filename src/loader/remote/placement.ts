/** Where a plugin's code can run: the gateway's own thread, a thread of its own, a process of its own. */
export const ISOLATIONS = ["in_process", "worker", "process"] as const;

/** One of them. */
export type Isolation = (typeof ISOLATIONS)[number];

/** How a plugin is watched over that does not run in the gateway's own thread. */
export interface Supervision {
  /** Most memory in MiB. */
  readonly memoryLimitMb: number;
  /** Most milliseconds from its start until it can be asked. */
  readonly startTimeoutMs: number;
  /** How often it is asked whether it lives, and most time for the answer, in milliseconds. */
  readonly healthIntervalMs: number;
  /** Crashes within `crashWindowMs` after which it is given up. */
  readonly crashBudget: number;
  readonly crashWindowMs: number;
}

/** Writes a line to the gateway's log. */
export type TellLog = (level: "info" | "warn" | "error", record: Record<string, unknown>) => void;

/** Where one provider's plugin runs, and what it is given there. */
export interface Placement {
  /** Tells it from the placement of another configuration; of one that leaves the provider as it is it is the same. */
  readonly key: string;
  /** Absent means what the plugin's manifest says. */
  readonly isolation?: Isolation | undefined;
  /** Address of a plugin that somebody else runs. Absent means that the gateway runs it. */
  readonly address?: string | undefined;
  /** For `address`: what is sent as bearer. */
  readonly token?: string | undefined;
  /** For `address` with https: file of PEM certificates to trust. Absent means those of the system. */
  readonly caFile?: string | undefined;
  readonly supervision: Supervision;
  /** Largest message to and from the plugin, in bytes. */
  readonly maxMessageBytes: number;
  /** Headers that the operator adds to every call of the vendor's API. */
  readonly headers: Readonly<Record<string, string>>;
  readonly timeouts: { readonly connectMs: number; readonly firstByteMs: number; readonly idleMs: number };
  readonly log: TellLog;
  /** A text without the provider's credentials. */
  readonly hide: (text: string) => string;
}
