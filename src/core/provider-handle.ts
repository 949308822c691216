import type { ProviderHealth } from "./provider-health.js";
import { secretsOf } from "./hide-secrets.js";
import type { ProviderHandleInit, ProviderMaker } from "./provider-init.js";
import { ProviderSet } from "./provider-set.js";
import type { ProviderHandle, ReadyProvider } from "./target.js";
import { type WeightedTurns, weightedTurns } from "./weighted-turns.js";

/** A provider made anew that waits to take the place of the one in use. */
export interface RenewedProvider {
  /** From now on it answers; calls that run end on the one before, which is closed then. */
  take(): void;
  /** It is not wanted. */
  drop(): Promise<void>;
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
  readonly credentials: readonly (string | undefined)[];
  readonly #init: ProviderHandleInit;
  readonly #turns: WeightedTurns;
  #set: ProviderSet;
  /** Replaced ones that are not closed yet. */
  readonly #leaving = new Set<ProviderSet>();

  constructor(init: ProviderHandleInit) {
    this.name = init.name;
    this.plugin = init.plugin;
    this.health = init.health;
    this.secrets = secretsOf([
      ...init.credentials.flatMap((credential) => credential.secrets),
      ...Object.values(init.headers),
    ]);
    this.credentials = init.credentials.map(({ name }) => name);
    this.#init = init;
    this.#turns = weightedTurns(init.credentials.map((credential) => credential.weight));
    this.#set = new ProviderSet(init);
  }

  /** Whether it was made, or is being made. */
  get isMade(): boolean {
    return this.#set.isMade;
  }

  ready(): ReadyProvider | Promise<ReadyProvider> {
    const refusal = this.#init.refusal?.();
    return refusal === undefined ? this.#set.at(0) : Promise.reject(refusal);
  }

  take(excluded?: ReadonlySet<number>): ReadyProvider | Promise<ReadyProvider> | undefined {
    const refusal = this.#init.refusal?.();
    if (refusal !== undefined) return Promise.reject(refusal);
    const place = this.#turns.next(excluded);
    return place === undefined ? undefined : this.#set.at(place);
  }

  /** Lets go of connections once running calls have ended; `now` ends those too. */
  async close(now: boolean): Promise<void> {
    await Promise.all([...this.#leaving, this.#set].map((set) => set.close(now)));
  }

  /** Forgets the provider: the next call has it made anew; calls that run end on it, and it is closed then. */
  letGo(): void {
    this.#replace(new ProviderSet(this.#init));
  }

  /** Makes the provider of other code, and changes nothing yet. Throws as `ready` does. */
  async renew(maker: ProviderMaker): Promise<RenewedProvider> {
    const set = new ProviderSet(this.#init, maker);
    try {
      await set.loadAll();
    } catch (thrown) {
      await set.close(true).catch(() => {});
      throw thrown;
    }
    return { take: () => this.#replace(set), drop: () => set.close(true) };
  }

  #replace(set: ProviderSet): void {
    const before = this.#set;
    this.#set = set;
    this.#leaving.add(before);
    // Who was just given a provider of it begins before this.
    setImmediate(() =>
      before.tenure.end(() => {
        // Nobody is left who could be told that it did not close well.
        before
          .close(false)
          .catch(() => {})
          .finally(() => this.#leaving.delete(before));
      }),
    );
  }
}
