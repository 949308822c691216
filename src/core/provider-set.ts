import { type ModelTraits, ParlanceError, type Provider, type Wire } from "../sdk/index.js";
import { AuthorizedUpstream } from "./authorized-upstream.js";
import type { ProviderCredential, ProviderHandleInit, ProviderMaker } from "./provider-init.js";
import type { ReadyProvider } from "./target.js";
import { createTenure, type Tenure } from "./tenure.js";
import { type Connections, Upstream } from "./upstream.js";

/**
 * The providers that a plugin makes of one configured provider, one for each credential, with the connections that they
 * share: what a reload of the plugin replaces whole.
 */
export class ProviderSet {
  /** What loads and what is called of it. */
  readonly tenure: Tenure = createTenure();
  readonly #init: ProviderHandleInit;
  readonly #maker: ProviderMaker | undefined;
  readonly #ready: (ReadyProvider | undefined)[] = [];
  readonly #loading: (Promise<ReadyProvider> | undefined)[] = [];
  /** By base URL. */
  readonly #upstreams = new Map<string, Upstream>();
  readonly #closed = new Set<Provider>();

  /** `maker`: what makes the providers in the place of the plugin as it is. */
  constructor(init: ProviderHandleInit, maker?: ProviderMaker) {
    this.#init = init;
    this.#maker = maker;
  }

  /** Makes every provider now. Throws as the first of them that cannot be made. */
  async loadAll(): Promise<void> {
    for (const place of this.#init.credentials.keys()) await this.at(place);
  }

  /** Lets go of connections once running calls have ended; `now` ends those too. Each provider is closed once. */
  async close(now: boolean): Promise<void> {
    await Promise.all([...this.#upstreams.values()].map((upstream) => (now ? upstream.destroy() : upstream.close())));
    // One that is being made holds something too, such as a process.
    await Promise.allSettled(this.#loading.map(async (loading) => loading));
    const open = this.#ready
      .flatMap((ready) => ready?.provider ?? [])
      .filter((provider) => !this.#closed.has(provider));
    for (const provider of open) this.#closed.add(provider);
    await Promise.all(open.map(async (provider) => provider.close?.()));
  }

  /** The provider of the credential at that place. Rejects with a `ParlanceError`. */
  at(place: number): ReadyProvider | Promise<ReadyProvider> {
    const ready = this.#ready[place];
    if (ready !== undefined) return ready;
    const loading = this.#loading[place] ?? this.#load(place);
    this.#loading[place] = loading;
    return loading;
  }

  async #load(place: number): Promise<ReadyProvider> {
    const { name, load } = this.#init.credentials[place] as ProviderCredential;
    const { tenure } = this;
    tenure.begin();
    try {
      const ready = { ...this.#connect(await load(this.#maker)), credential: { place, name }, tenure };
      this.#ready[place] = ready;
      return ready;
    } catch (thrown) {
      if (ParlanceError.is(thrown)) throw thrown;
      throw new ParlanceError(
        "provider_unavailable",
        `The provider "${this.#init.name}" cannot be used: its plugin failed.`,
        {
          cause: thrown,
        },
      );
    } finally {
      this.#loading[place] = undefined;
      // Who waited for it begins before this.
      setImmediate(() => tenure.leave());
    }
  }

  #connect(provider: Provider): Omit<ReadyProvider, "credential" | "tenure"> {
    const { wire } = provider;
    const traits = rememberTraits(provider);
    const { timeouts } = this.#init;
    if (wire === undefined) return { provider, traits, timeouts, upstream: undefined, headers: [] };
    const headers: Record<string, string> = {
      "content-type": "application/json",
      // Compressed answers could not be passed on as bytes.
      "accept-encoding": "identity",
      "user-agent": this.#init.userAgent,
    };
    for (const [name, value] of Object.entries(wire.headers)) headers[name.toLowerCase()] = value;
    for (const [name, value] of Object.entries(this.#init.headers)) headers[name.toLowerCase()] = value;
    return { provider, traits, timeouts, upstream: this.#connections(wire), headers: Object.entries(headers).flat() };
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
        `The base_url of the provider "${this.#init.name}" is not a URL: ${JSON.stringify(baseUrl)}.`,
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
