import { ParlanceError, type Provider, type Wire } from "../sdk/index.js";
import { AuthorizedUpstream } from "./authorized-upstream.js";
import type { ProviderHealth } from "./provider-health.js";
import { secretsOf } from "./hide-secrets.js";
import type { ProviderHandle, ReadyProvider } from "./target.js";
import { type Connections, Upstream, type UpstreamTimeouts } from "./upstream.js";

/** What a provider handle is made from. */
export interface ProviderHandleInit {
  /** Its name in the configuration. */
  readonly name: string;
  /** Name of its plugin. */
  readonly plugin: string;
  readonly health: ProviderHealth;
  /** Imports the plugin and makes the provider. Called at most once at a time, again after it failed. */
  readonly load: () => Promise<Provider>;
  /** The credential, which no error may quote. */
  readonly apiKey?: string | undefined;
  /** What of the provider's settings no error may quote either. */
  readonly secretSettings?: readonly string[];
  /** Headers that the operator adds to every call, by name. They win over the plugin's own. */
  readonly headers: Readonly<Record<string, string>>;
  readonly timeouts: UpstreamTimeouts;
  /** Sent as `user-agent`. */
  readonly userAgent: string;
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

  constructor(init: ProviderHandleInit) {
    this.name = init.name;
    this.plugin = init.plugin;
    this.health = init.health;
    this.secrets = secretsOf([init.apiKey, ...(init.secretSettings ?? []), ...Object.values(init.headers)]);
    this.#init = init;
  }

  ready(): ReadyProvider | Promise<ReadyProvider> {
    if (this.#ready !== undefined) return this.#ready;
    this.#loading ??= this.#load();
    return this.#loading;
  }

  /** Lets go of connections once running calls have ended; `now` ends those too. */
  async close(now: boolean): Promise<void> {
    const ready = this.#ready;
    if (ready === undefined) return;
    await (now ? ready.upstream?.destroy() : ready.upstream?.close());
    await ready.provider.close?.();
  }

  async #load(): Promise<ReadyProvider> {
    try {
      const provider = await this.#init.load();
      this.#ready = this.#connect(provider);
      return this.#ready;
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
      this.#loading = undefined;
    }
  }

  #connect(provider: Provider): ReadyProvider {
    const { wire } = provider;
    if (wire === undefined) return { provider, upstream: undefined, headers: [] };
    const headers: Record<string, string> = {
      "content-type": "application/json",
      // Compressed answers could not be passed on as bytes.
      "accept-encoding": "identity",
      "user-agent": this.#init.userAgent,
    };
    for (const [name, value] of Object.entries(wire.headers)) headers[name.toLowerCase()] = value;
    for (const [name, value] of Object.entries(this.#init.headers)) headers[name.toLowerCase()] = value;
    return { provider, upstream: this.#connections(wire), headers: Object.entries(headers).flat() };
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
