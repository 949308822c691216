import type { ReadyProvider, Target } from "../core/target.js";
import { AttemptKind, ParlanceError } from "../sdk/index.js";
import type { CredentialRests, Resting } from "./credential-rests.js";
import { isOfCredential } from "./decide.js";

/** The credentials of one exchange: which it may be tried with, beside those that rest for everybody. */
export class CredentialChoice {
  readonly #rests: CredentialRests;
  readonly #longestRestMs: number;
  /** Places that failed in this exchange, by provider; undefined until the first. */
  #failed: Places | undefined;
  /** Those of them that were refused and not only limited, by provider, or by target where the refusal is of its model. */
  #refused: Places | undefined;

  /** `longestRestMs`: most that a credential rests, in milliseconds; 0 means not at all. */
  constructor(rests: CredentialRests, longestRestMs: number) {
    this.#rests = rests;
    this.#longestRestMs = longestRestMs;
  }

  /** Why a target cannot be called now, where there is no credential to call it with. */
  unavailable(target: Target): Resting | undefined {
    const resting = this.#rests.unavailable(target);
    if (resting !== undefined || this.#refused === undefined) return resting;
    const excluded = this.excluded(target, AttemptKind.FALLBACK);
    if (isLeft(target, excluded)) return undefined;
    const reason = "its provider has refused every credential";
    return { reason, retryAfterMs: undefined, ejected: false, passes: false, code: "no_healthy_target" };
  }

  /** Places that an attempt must not take: one that rotates, none that has failed; any other, none that was refused. */
  excluded(target: Target, kind: AttemptKind): ReadonlySet<number> | undefined {
    const resting = this.#rests.resting(target);
    const { name, provider } = target;
    if (kind === AttemptKind.ROTATION) return union(resting, this.#failed?.get(provider.name));
    if (this.#refused === undefined) return resting;
    return union(resting, union(this.#refused.get(provider.name), this.#refused.get(name)));
  }

  /** Whether the provider has a credential that this exchange has not failed with, and that does not rest. */
  hasAnother(target: Target): boolean {
    return isLeft(target, this.excluded(target, AttemptKind.ROTATION));
  }

  /** The error of an attempt that found none left when it began. */
  noneLeft(target: Target): ParlanceError {
    const why = this.unavailable(target);
    return new ParlanceError(
      why?.code ?? "provider_rate_limited",
      `No call was made: ${why?.reason ?? "no credential is left"}.`,
      {
        retryAfterMs: why?.retryAfterMs,
      },
    );
  }

  /** An attempt begins with a credential. */
  began(target: Target, { credential }: ReadyProvider): void {
    this.#rests.began(target, credential.place);
  }

  /** It has ended. */
  ended(target: Target, { credential, provider }: ReadyProvider, error: ParlanceError | undefined): void {
    const { place } = credential;
    if (error === undefined) return this.#rests.answered(target, place);
    // What makes its own tokens gets another for the next call: only the last one was refused.
    const renewed = provider.wire?.authorize !== undefined;
    this.#rests.failed(target, place, error, this.#longestRestMs, renewed);
    if (!isOfCredential(error)) return;
    this.#failed = withPlace(this.#failed, target.provider.name, place);
    if (error.code !== "provider_unauthenticated" || renewed) return;
    const key = error.facts.providerStatus === 403 ? target.name : target.provider.name;
    this.#refused = withPlace(this.#refused, key, place);
  }
}

type Places = Map<string, Set<number>>;

function withPlace(places: Places | undefined, key: string, place: number): Places {
  const all: Places = places ?? new Map();
  return all.set(key, (all.get(key) ?? new Set()).add(place));
}

function union(one: ReadonlySet<number> | undefined, other: ReadonlySet<number> | undefined) {
  return one === undefined || other === undefined ? (one ?? other) : new Set([...one, ...other]);
}

function isLeft({ provider }: Target, excluded: ReadonlySet<number> | undefined): boolean {
  return excluded === undefined || provider.credentials.some((_, place) => !excluded.has(place));
}
