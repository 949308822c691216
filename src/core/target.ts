import type { FinishReason, ModelOperation, ModelTraits, ParlanceError, Provider } from "../sdk/index.js";
import type { CallTimeouts } from "./call-timeouts.js";
import type { KnownFacts, PriceInForce, PriceNow } from "./model-catalog.js";
import type { ProviderHealth } from "./provider-health.js";
import type { TargetView } from "./target-view.js";
import type { Tenure } from "./tenure.js";
import type { Connections } from "./upstream.js";

/** A configured provider as the rooms see it. Its code is imported on first use. */
export interface ProviderHandle {
  /** Its name in the configuration. */
  readonly name: string;
  /** Name of its plugin. */
  readonly plugin: string;
  /** What its attempts have told. */
  readonly health: ProviderHealth;
  /** What must not be read in an error of this provider: its credentials, and the values of the operator's headers. */
  readonly secrets: readonly string[];
  /** Names of its credentials by their places, one at least; undefined for one that has no name. */
  readonly credentials: readonly (string | undefined)[];
  /**
   * The provider and its connections, to be asked what it is; of several credentials it is the first one's. A promise only
   * until its code is loaded. Rejects with a `ParlanceError`.
   */
  ready(): ReadyProvider | Promise<ReadyProvider>;
  /**
   * The same for an attempt: of several credentials it is the one whose turn it is. `excluded`: places of credentials that
   * must not be taken. Undefined when none is left.
   */
  take(excluded?: ReadonlySet<number>): ReadyProvider | Promise<ReadyProvider> | undefined;
}

/** A provider whose code is loaded. */
export interface ReadyProvider {
  readonly provider: Provider;
  /** What a model can do, remembered from what the plugin told of it; undefined when it tells nothing. */
  traits(model: string): ModelTraits | undefined;
  /** Connections of a wire provider; undefined where the plugin speaks for itself. */
  readonly upstream: Connections | undefined;
  /** Headers of every call, ready to be written: names and values in turn. */
  readonly headers: readonly string[];
  /** How long calls of the provider's server may take, step by step. */
  readonly timeouts: CallTimeouts;
  /** Every call begins and leaves it: a provider that was replaced is closed when the last one has left. */
  readonly tenure: Tenure;
  /** The credential that it calls with: its place in the configuration from 0, and its name where it has one. */
  readonly credential: { readonly place: number; readonly name: string | undefined };
}

/** Provider, upstream model and price: one thing that can be called, and break. */
export interface Target {
  /** `provider/upstream model`: targets of one name are one thing, in whichever route they stand. */
  readonly name: string;
  readonly provider: ProviderHandle;
  readonly upstreamModel: string;
  readonly price: PriceNow;
  /** How it does, as attempts have told. */
  readonly view: TargetView;
  /**
   * What is known of the model there; a promise, which never rejects, only until it is known. It follows newer data, and a
   * provider that could not be loaded at first.
   */
  readonly facts: () => TargetFacts | Promise<TargetFacts>;
  /** Whether the model's configuration makes the first loss an error, asked or not. */
  readonly strict?: boolean;
}

/** What is known of a model at a target. */
export interface TargetFacts extends KnownFacts {
  /** What it can be asked for; empty or absent where that is not known. */
  readonly operations?: readonly ModelOperation[] | undefined;
}

/** A target with the reason for its place in the plan. */
export interface PlannedTarget {
  readonly target: Target;
  readonly reason: string;
  /** Whether it stands before others because it can read what earlier turns left in the conversation. Absent means not. */
  readonly pinned?: boolean | undefined;
  /** Of a cascade: which of its answers are not good enough, so that the next is asked. Absent means that all are. */
  readonly verdict?: Verdict | undefined;
}

/** Which answers of a cascade's target are not good enough. */
export interface Verdict {
  /** Finish reasons. */
  readonly finish: ReadonlySet<FinishReason>;
  /** Whether an answer must be of the JSON schema that the caller asked for. */
  readonly schema: boolean;
  /** Whether an answer must not be declined by a guardrail or the provider's filter. */
  readonly guardrail: boolean;
}

/** The ordered targets of one exchange. Never empty. */
export type Plan = readonly PlannedTarget[];

/** The models that can be asked for. */
export interface ModelDirectory {
  /** Every configured provider, in the configuration's order. */
  providers(): readonly ProviderHandle[];
  /** The targets of a public name or of `provider/model`, by priority; undefined when there is no such model. */
  find(name: string): readonly Target[] | undefined;
  /** Every configured provider as a target of requests that name no model, in the configuration's order. */
  withoutModel(): readonly Target[];
  /** Names near one that was not found, nearest first. */
  near(name: string): Promise<string[]>;
  /** All names with what they can do, sorted. */
  list(): Promise<ListedModel[]>;
  /** One name with what it can do, `provider/model` included; undefined when there is no such model. */
  describe(name: string): Promise<ListedModel | undefined>;
  /** What is known of a model at a provider, whether or not it is listed; undefined when there is no such provider. */
  describeTarget(provider: string, model: string): Promise<ListedTarget | undefined>;
  /**
   * Every model that is known at the configured providers, or at one of them: those of the catalogue's data, those that are
   * offered, and those that the configuration names. Sorted by provider and model.
   */
  known(provider?: string): Promise<KnownModel[]>;
}

/** A model that is known at a provider. */
export interface KnownModel {
  readonly provider: string;
  readonly model: string;
  /** Names of the configured models that can run there. */
  readonly names: readonly string[];
}

/** A model as it is listed. */
export interface ListedModel {
  readonly name: string;
  readonly targets: readonly ListedTarget[];
  readonly operations: readonly ModelOperation[];
  /** Unix seconds at which the configuration that names it was loaded. */
  readonly created: number;
}

/** A place where a listed model can run, and what it can do there. */
export interface ListedTarget {
  readonly provider: string;
  readonly upstreamModel: string;
  /** Undefined where the plugin speaks the vocabulary itself, or could not be loaded. */
  readonly dialect: string | undefined;
  readonly facts: KnownFacts;
  /** Undefined means that it is unpriced. */
  readonly price: PriceInForce | undefined;
}

/** The providers of one snapshot. */
export interface ProviderDirectory {
  /** All of them, sorted by name. */
  list(): Promise<ListedProvider[]>;
  /** What the attempts of one have told. Throws `not_found` with near names. */
  health(name: string): ProviderHealth;
}

/** A provider as it is listed. */
export interface ListedProvider {
  readonly name: string;
  readonly plugin: string;
  /** Names of the dialects that it is called in; empty where the plugin speaks for itself. */
  readonly dialects: readonly string[];
  /** Host and port of its address, without path and credentials; undefined where the gateway makes no calls itself. */
  readonly host: string | undefined;
  readonly health: ProviderHealth;
  /** Names under which its models can be asked for, as far as they are known: a provider may take any. */
  readonly models: readonly string[];
  /** Why it cannot be used, where its plugin does not load. */
  readonly problem: ParlanceError | undefined;
}
