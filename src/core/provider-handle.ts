import { type ModelTraits, ParlanceError, type Provider, type UpstreamTimeouts, type Wire } from "../sdk/index.js";
import { AuthorizedUpstream } from "./authorized-upstream.js";
import type { ProviderHealth } from "./provider-health.js";
import { secretsOf } from "./hide-secrets.js";
import type { ProviderHandle, ReadyProvider } from "./target.js";
import { type Connections, Upstream } from "./upstream.js";
import { type WeightedTurns, weightedTurns } from "./weighted-turns.js";

/** What a provider handle is made from. */
export interface ProviderHandleInit {
  /** Its name in the configuration. */
  readonly name: string;
  /** Name of its plugin. */
  readonly plugin: string;
  readonly health: ProviderHealth;
  /** One at least: a provider without any has one that holds nothing. */
  readonly credentials: readonly ProviderCredential[];
  /** Headers that the operator adds to every call, by name. They win over the plugin's own. */
  readonly headers: Readonly<Record<string, string>>;
  readonly timeouts: UpstreamTimeouts;
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
  /** Imports the plugin and makes the provider with it. Called at most once at a time, again after it failed. */
  readonly load: () => Promise<Provider>;
}

/**
 * A configured provider whose code is imported, and whose connections are made, on first use. With several credentials it
 * holds a provider of the plugin for each, so that no plugin must know of them; those at one address share connections.
 */
export class LazyProvider implements ProviderHandle {
  readonly name: string;
  readonly plugin: string;
  readonly health: ProviderHealth;
  readonly secrets: readonly string[];
  readonly #init: ProviderHandleInit;
  readonly #turns: WeightedTurns;
  readonly #ready: (ReadyProvider | undefined)[] = [];
  readonly #loading: (Promise<ReadyProvider> | undefined)[] = [];
  /** By base URL. */
  readonly #upstreams = new Map<string, Upstream>();

  constructor(init: ProviderHandleInit) {
    this.name = init.name;
    this.plugin = init.plugin;
    this.health = init.health;
    this.secrets = secretsOf([
      ...init.credentials.flatMap((credential) => credential.secrets),
      ...Object.values(init.headers),
    ]);
    this.#init = init;
    this.#turns = weightedTurns(init.credentials.map((credential) => credential.weight));
  }

  ready(): ReadyProvider | Promise<ReadyProvider> {
    return this.#at(0);
  }

  take(excluded?: ReadonlySet<number>): ReadyProvider | Promise<ReadyProvider> | undefined {
    const place = this.#turns.next(excluded);
    return place === undefined ? undefined : this.#at(place);
  }

  /** Lets go of connections once running calls have ended; `now` ends those too. */
  async close(now: boolean): Promise<void> {
    await Promise.all([...this.#upstreams.values()].map((upstream) => (now ? upstream.destroy() : upstream.close())));
    await Promise.all(this.#ready.map(async (ready) => ready?.provider.close?.()));
  }

  #at(place: number): ReadyProvider | Promise<ReadyProvider> {
    const ready = this.#ready[place];
    if (ready !== undefined) return ready;
    const loading = this.#loading[place] ?? this.#load(place);
    this.#loading[place] = loading;
    return loading;
  }

  async #load(place: number): Promise<ReadyProvider> {
    const { name, load } = this.#init.credentials[place] as ProviderCredential;
    try {
      const ready = { ...this.#connect(await load()), credential: { place, name } };
      this.#ready[place] = ready;
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
      this.#loading[place] = undefined;
    }
  }

  #connect(provider: Provider): Omit<ReadyProvider, "credential"> {
    const { wire } = provider;
    const traits = rememberTraits(provider);
    if (wire === undefined) return { provider, traits, upstream: undefined, headers: [] };
    const headers: Record<string, string> = {
      "content-type": "application/json",
      // Compressed answers could not be passed on as bytes.
      "accept-encoding": "identity",
      "user-agent": this.#init.userAgent,
    };
    for (const [name, value] of Object.entries(wire.headers)) headers[name.toLowerCase()] = value;
    for (const [name, value] of Object.entries(this.#init.headers)) headers[name.toLowerCase()] = value;
    return { provider, traits, upstream: this.#connections(wire), headers: Object.entries(headers).flat() };
  }

  #connections(wire: Wire): Connections {
    const { baseUrl } = wire;
    const upstream = this.#upstreams.get(baseUrl) ?? this.#open(baseUrl);
    this.#upstreams.set(baseUrl, upstream);
    if (wire.authorize === undefined) return upstream;
    return new AuthorizedUpstream(upstream, wire);
  }

  #open(baseUrl: string): Upstream {
    try {
      return new Upstream(baseUrl, this.#init.timeouts);
    } catch (cause) {
      throw new ParlanceError(
        "provider_unavailable",
        `The base_url of the provider "${this.name}" is not a URL: ${JSON.stringify(baseUrl)}.`,
        { cause },
      );
    }
  }
}

// Names of models come from clients: what is remembered of them must not grow with them.
const MAX_REMEMBERED = 1000;

function rememberTraits(provider: Provider): ReadyProvider["traits"] {
  if (provider.traits === undefined) return () => undefined;
  const known = new Map<string, ModelTraits | undefined>();
  return (model) => {
    const earlier = known.get(model);
    if (earlier !== undefined) return earlier;
    const traits = provider.traits?.(model);
    if (known.size < MAX_REMEMBERED) known.set(model, traits);
    return traits;
  };
}
