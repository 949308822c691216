import type { JsonObject } from "@bufbuild/protobuf";
import type { Provider, ProviderSettings } from "../provider.js";
import type { Recording } from "./recording.js";

/** What a plugin says of how it wants to be tested: `parlance.conformance` of its manifest, or nothing. */
export interface ConformancePlan {
  /** False where it calls no server, such as one that makes its answers up. */
  readonly upstream: boolean;
  /** Settings without which it cannot be made. */
  readonly settings: JsonObject;
  /** A made-up credential, where it must look like one. Absent means that the kit makes one up. */
  readonly apiKey?: string | undefined;
  /** Models to ask by operation, where recordings name none. `stall`: one that begins an answer and never ends it. */
  readonly models: Readonly<Partial<Record<"complete" | "embed" | "count_tokens" | "stall", string>>>;
}

/** Where a plugin runs: in the thread of the kit, in a thread or a process of its own, or where somebody else runs it. */
export type Place = "in_process" | "worker" | "process" | "address";

/** A plugin as the kit sees it: a way to make providers, and what is known of it without running it. */
export interface Subject {
  readonly name: string;
  readonly version: string;
  /** What is wrong with its manifest, each a sentence. Empty means that it is good. */
  readonly problems: readonly string[];
  readonly capabilities: readonly string[];
  /** JSON schema of its settings. Absent means that it takes none. */
  readonly settingsSchema?: JsonObject | undefined;
  /** Environment variables that its manifest names: for the gateway to read, not for the plugin. */
  readonly environment: readonly string[];
  readonly conformance: ConformancePlan;
  /** What it shipped to be tested with. */
  readonly recordings: readonly Recording[];
  readonly place: Place;
  /** Path of its module, where it has one. */
  readonly entry?: string | undefined;
  /** Arguments that a Node of its own needs to import `entry`. Absent means none. */
  readonly nodeArguments?: readonly string[] | undefined;
  /** Makes a provider, its settings checked against the manifest first, as the gateway does. */
  create(settings: ProviderSettings): Promise<Provider>;
  /** What is known of it where it runs elsewhere. Absent in the thread of the kit, which sees for itself. */
  readonly elsewhere?: Elsewhere | undefined;
  /** Lets go of what the subject holds, such as a process. */
  close(): Promise<void>;
}

/** A plugin that does not run in the thread of the kit. */
export interface Elsewhere {
  /** Names of the dialects that a provider of it speaks, as far as it tells. */
  dialectsOf(provider: Provider): readonly string[];
  /** How it ended without being asked to, so far. */
  readonly crashes: readonly string[];
  /** Lines that it printed so far. Absent where somebody else runs it. */
  readonly printed?: readonly string[] | undefined;
  /** What it printed besides, since the gateway reads no more lines, and no longer ones: each in a word. */
  readonly unread?: readonly string[] | undefined;
  /**
   * Starts it once more, has `use` done with a provider of that one, lets go of it, and tells how it ended. Absent where
   * somebody else runs it.
   */
  readonly apart?:
    | ((settings: ProviderSettings, use: (provider: Provider) => Promise<void>) => Promise<End>)
    | undefined;
}

/** How a plugin ended that was let go of. */
export interface End {
  /** Whether it is there no more. */
  readonly gone: boolean;
  /** Whether it had to be killed. */
  readonly killed: boolean;
}
