import { ParlanceError, type Provider, type ProviderSettings, type Wire } from "../sdk/index.js";
import { AuthorizedUpstream } from "./authorized-upstream.js";
import type { ProviderHealth } from "./provider-health.js";
import { secretsOf } from "./hide-secrets.js";
import type { ProviderHandle, ReadyProvider } from "./target.js";
import { createTenure } from "./tenure.js";
import { type Connections, Upstream, type UpstreamTimeouts } from "./upstream.js";

/** What a provider handle is made from. */
export interface ProviderHandleInit {
  /** Its name in the configuration. */
  readonly name: string;
  /** Name of its plugin. */
  readonly plugin: string;
  readonly health: ProviderHealth;
  /**
   * Imports the plugin and makes the provider. Called at most once at a time, again after it failed. `maker`: what makes
   * it in the place of the plugin as it is.
   */
  readonly load: (maker?: ProviderMaker) => Promise<Provider>;
  /** Why the plugin may not be called now, asked for every call; undefined when it may. Absent means that it always may. */
  readonly refusal?: (() => ParlanceError | undefined) | undefined;
  /** The credential, which no error may quote. */
  readonly apiKey?: string | undefined;
  /** Headers that the operator adds to every call, by name. They win over the plugin's own. */
  readonly headers: Readonly<Record<string, string>>;
  readonly timeouts: UpstreamTimeouts;
  /** Sent as `user-agent`. */
  readonly userAgent: string;
}

/** What makes providers of a plugin's code. */
export interface ProviderMaker {
  create(plugin: string, settings: ProviderSettings): Promise<Provider>;
}

/** A provider made anew that waits to take the place of the one in use. */
export interface RenewedProvider {
  /** From now on it answers; calls that run end on the one before, which is closed then. */
  take(): void;
  /** It is not wanted. */
  drop(): Promise<void>;
}

/** A configured provider whose code is imported, and whose connections are made, on first use. */
export class LazyProvider implements ProviderHandle {
  readonly name: string;
  readonly plugin: string;
  readonly health: ProviderHealth;
  readonly secrets: readonly string[];
  readonly #init: ProviderHandleInit;
  #ready: ReadyProvider | undefined;
  #loading: Promise<ReadyProvider> | undefined;
  /** Replaced ones whose last call has not ended. */
  readonly #leaving = new Set<ReadyProvider>();
  /** Times that the provider was let go of. */
  #turns = 0;

  constructor(init: ProviderHandleInit) {
    this.name = init.name;
    this.plugin = init.plugin;
    this.health = init.health;
    this.secrets = secretsOf([init.apiKey, ...Object.values(init.headers)]);
    this.#init = init;
  }

  ready(): ReadyProvider | Promise<ReadyProvider> {
    const refusal = this.#init.refusal?.();
    if (refusal !== undefined) return Promise.reject(refusal);
    if (this.#ready !== undefined) return this.#ready;
    this.#loading ??= this.#load();
    return this.#loading;
  }

  /** Lets go of connections once running calls have ended; `now` ends those too. */
  async close(now: boolean): Promise<void> {
    const all = [...this.#leaving, ...(this.#ready === undefined ? [] : [this.#ready])];
    await Promise.all(all.map((ready) => end(ready, now)));
  }

  /** Forgets the provider: the next call has it made anew; calls that run end on it, and it is closed then. */
  letGo(): void {
    const ready = this.#ready;
    this.#turns += 1;
    this.#ready = undefined;
    this.#loading = undefined;
    if (ready !== undefined) this.#retire(ready);
  }

  /** Makes the provider of other code, and changes nothing yet. Throws as `ready` does. */
  async renew(maker: ProviderMaker): Promise<RenewedProvider> {
    const ready = this.#connect(await this.#init.load(maker));
    return {
      take: () => {
        this.letGo();
        this.#ready = ready;
      },
      drop: () => end(ready, true),
    };
  }

  #retire(ready: ReadyProvider): void {
    this.#leaving.add(ready);
    // Who was just given it begins before this.
    setImmediate(() =>
      ready.tenure.end(() => {
        // Nobody is left who could be told that it did not close well.
        end(ready, false)
          .catch(() => {})
          .finally(() => this.#leaving.delete(ready));
      }),
    );
  }

  async #load(): Promise<ReadyProvider> {
    const turn = this.#turns;
    try {
      const ready = this.#connect(await this.#init.load());
      // What was let go of while it was made serves those who wait for it, and nobody after them.
      if (turn === this.#turns) this.#ready = ready;
      else this.#retire(ready);
      return ready;
    } catch (thrown) {
      if (ParlanceError.is(thrown)) throw thrown;
      throw new ParlanceError(
        "provider_unavailable",
        `The provider "${this.name}" cannot be used: its plugin failed.`,
        {
          cause: thrown,
        },
      );
    } finally {
      if (turn === this.#turns) this.#loading = undefined;
    }
  }

  #connect(provider: Provider): ReadyProvider {
    const { wire } = provider;
    if (wire === undefined) return { provider, upstream: undefined, headers: [], tenure: createTenure() };
    const headers: Record<string, string> = {
      "content-type": "application/json",
      // Compressed answers could not be passed on as bytes.
      "accept-encoding": "identity",
      "user-agent": this.#init.userAgent,
    };
    for (const [name, value] of Object.entries(wire.headers)) headers[name.toLowerCase()] = value;
    for (const [name, value] of Object.entries(this.#init.headers)) headers[name.toLowerCase()] = value;
    return {
      provider,
      upstream: this.#connections(wire),
      headers: Object.entries(headers).flat(),
      tenure: createTenure(),
    };
  }

  #connections(wire: Wire): Connections {
    const { baseUrl } = wire;
    try {
      const upstream = new Upstream(baseUrl, this.#init.timeouts);
      if (wire.authorize === undefined) return upstream;
      return new AuthorizedUpstream(upstream, baseUrl, (call) => wire.authorize?.(call) ?? {});
    } catch (cause) {
      throw new ParlanceError(
        "provider_unavailable",
        `The base_url of the provider "${this.name}" is not a URL: ${JSON.stringify(baseUrl)}.`,
        { cause },
      );
    }
  }
}

const closed = new WeakSet<Provider>();

/** Closes a provider once, however often it is called: one that leaves may be ended at once meanwhile. */
async function end({ provider, upstream }: ReadyProvider, now: boolean): Promise<void> {
  await (now ? upstream?.destroy() : upstream?.close());
  if (closed.has(provider)) return;
  closed.add(provider);
  await provider.close?.();
}
