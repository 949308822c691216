import type { ParlanceError, Provider, ProviderSettings } from "../sdk/index.js";
import type { CallTimeouts } from "./call-timeouts.js";
import type { ProviderHealth } from "./provider-health.js";

/** What a provider handle is made from. */
export interface ProviderHandleInit {
  /** Its name in the configuration. */
  readonly name: string;
  /** Name of its plugin. */
  readonly plugin: string;
  readonly health: ProviderHealth;
  /** Why the plugin may not be called now, asked for every call; undefined when it may. Absent means that it always may. */
  readonly refusal?: (() => ParlanceError | undefined) | undefined;
  /** One at least: a provider without any has one that holds nothing. */
  readonly credentials: readonly ProviderCredential[];
  /** Headers that the operator adds to every call, by name. They win over the plugin's own. */
  readonly headers: Readonly<Record<string, string>>;
  readonly timeouts: CallTimeouts;
  /** Sent as `user-agent`. */
  readonly userAgent: string;
}

/** One of the credentials that a provider is called with. */
export interface ProviderCredential {
  /** Its name in the configuration; undefined where there is only one, which has none. */
  readonly name: string | undefined;
  /** Its share of the calls, in relation to the others'. */
  readonly weight: number;
  /** What it is made of, which no error may quote. */
  readonly secrets: readonly (string | undefined)[];
  /**
   * Imports the plugin and makes the provider with it. Called at most once at a time, again after it failed. `maker`: what
   * makes it in the place of the plugin as it is.
   */
  readonly load: (maker?: ProviderMaker) => Promise<Provider>;
}

/** What makes providers of a plugin's code. */
export interface ProviderMaker {
  /** `placement`: where its code runs, for what knows about places. */
  create(plugin: string, settings: ProviderSettings, placement?: object): Promise<Provider>;
}
