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
  /** Whether it runs in this process, in the thread of the kit. */
  readonly inProcess: boolean;
  /** Path of its module, where it has one and it runs in this process. */
  readonly entry?: string | undefined;
  /** Arguments that a Node of its own needs to import `entry`. Absent means none. */
  readonly nodeArguments?: readonly string[] | undefined;
  /** Names of the dialects of the house that it speaks, where the provider shows no `wire` of its own. */
  readonly dialects?: { readonly chat?: string | undefined; readonly embeddings?: string | undefined } | undefined;
  /** Makes a provider, its settings checked against the manifest first, as the gateway does. */
  create(settings: ProviderSettings): Promise<Provider>;
  /** Lets go of what the subject holds, such as a process. */
  close(): Promise<void>;
}
