import type { Clock } from "../core/clock.js";
import { durationInWords } from "../core/duration-words.js";
import type { Target } from "../core/target.js";
import type { Unavailable } from "../core/target-view.js";
import type { ErrorCode, ParlanceError } from "../sdk/index.js";
import { isSpent, isTooLargeForLimit } from "./decide.js";

/** A credential that is left alone for a while. */
export interface CredentialRest {
  /** Its place in the configuration, from 0; undefined where the target rests with whatever credential. */
  readonly place: number | undefined;
  /** The target that it rests for; undefined means every target of the provider. */
  readonly target: string | undefined;
  /** Milliseconds until it is tried again; 0 means with the next call. */
  readonly leftMs: number;
  readonly code: ErrorCode;
  /** HTTP status of the refusal; undefined when it did not come with one. */
  readonly status: number | undefined;
}

/** Why a target cannot be called, where it is for its credentials. */
export interface Resting extends Unavailable {
  /** Whether time alone makes it good, as with a rate limit: worth waiting for. */
  readonly passes: boolean;
  /** What a caller is told whom it keeps from being answered: a limit of the provider is one, however it is known of. */
  readonly code: "provider_rate_limited" | "no_healthy_target";
}

interface Rest {
  /** Monotonic milliseconds. */
  until: number;
  /** In a row, each after the rest before. */
  readonly times: number;
  readonly code: ErrorCode;
  readonly status: number | undefined;
  /** Whether one call finds out, once it is over, before all others may. */
  readonly tried: boolean;
  /** Whether that call runs. */
  trial: boolean;
}

/** First rest after a rate limit that says nothing of its end, and after a refusal. Doubled each time in a row. */
const LIMITED_MS = 1000;
const REFUSED_MS = 60_000;
/** Of a credential whose rest is over one call finds out whether it is good again; this long the others wait for it. */
const TRIAL_MS = 5000;
/** Targets are named by callers: what has long been over is forgotten. */
const MAX_KNOWN = 1000;
/** In the place of a credential: the target itself asks to be left alone. */
const ALL = -1;

/**
 * Which credentials are left alone, and for how long: gateway-wide, so that later exchanges do not call in vain. A refusal
 * (401, 402) takes a credential out for all targets of its provider, 403 and a rate limit only for the one that told it.
 */
export class CredentialRests {
  readonly #clock: Clock;
  /** By the provider's name or the target's, which holds a slash; then by place. */
  readonly #rests = new Map<string, Map<number, Rest>>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Places of credentials that must not be called with now; undefined when none rests. */
  resting({ name, provider }: Target): ReadonlySet<number> | undefined {
    if (this.#rests.size === 0) return undefined;
    const ofAll = this.#rests.get(provider.name);
    const ofTarget = this.#rests.get(name);
    if (ofAll === undefined && ofTarget === undefined) return undefined;
    const now = this.#clock.monotonic();
    const places = new Set<number>();
    for (const rests of [ofAll, ofTarget]) {
      for (const [place, { until }] of rests ?? []) if (place !== ALL && until > now) places.add(place);
    }
    return places.size === 0 ? undefined : places;
  }

  /** Why a target cannot be called, where no credential of its provider may be used now. */
  unavailable(target: Target): Resting | undefined {
    if (this.#rests.size === 0) return undefined;
    const { name, provider } = target;
    const now = this.#clock.monotonic();
    const whole = this.#rests.get(name)?.get(ALL);
    if (whole !== undefined && whole.until > now) return unavailable("it asked not to be called", whole, now);
    let first: Rest | undefined;
    for (const place of provider.credentials.keys()) {
      const rest = longer(this.#rests.get(provider.name)?.get(place), this.#rests.get(name)?.get(place));
      if (rest === undefined || rest.until <= now) return undefined;
      if (first === undefined || rest.until < first.until) first = rest;
    }
    if (first === undefined) return undefined;
    const several = provider.credentials.length > 1;
    return unavailable(several ? "all its credentials rest" : "its credential rests", first, now);
  }

  /** How a target's credentials do: why none can be used now, or each that rests while others are used. */
  words(target: Target): { readonly unavailable: string | undefined; readonly resting: readonly string[] } {
    const now = this.#clock.monotonic();
    const { name, provider } = target;
    const resting = [...(this.resting(target) ?? [])].flatMap((place) => {
      const rest = longer(this.#rests.get(provider.name)?.get(place), this.#rests.get(name)?.get(place));
      const what = `its credential ${provider.credentials[place] ?? place + 1} rests`;
      return rest === undefined ? [] : [unavailable(what, rest, now).reason];
    });
    return { unavailable: this.unavailable(target)?.reason, resting };
  }

  /** A call with a credential begins: where a refusal's rest was just over, the others wait for what becomes of this one. */
  began(target: Target, place: number): void {
    if (this.#rests.size === 0) return;
    const now = this.#clock.monotonic();
    this.#each(target, place, (rest) => {
      if (!rest.tried || rest.until > now) return;
      rest.trial = true;
      rest.until = now + TRIAL_MS;
    });
  }

  /** A call with a credential has been answered. */
  answered(target: Target, place: number): void {
    if (this.#rests.size === 0) return;
    const now = this.#clock.monotonic();
    this.#each(target, place, (rest, rests, at) => {
      // One that began before the rest says nothing of it.
      if (rest.trial || rest.until <= now) rests.delete(at);
    });
    for (const key of [target.provider.name, target.name])
      if (this.#rests.get(key)?.size === 0) this.#rests.delete(key);
  }

  /**
   * A call with a credential has failed. `longestMs`: most that anything rests, 0 for not at all. `renewed`: the provider's
   * code gets another token for the next call, so that a refusal was of the last one only.
   */
  failed(target: Target, place: number, error: ParlanceError, longestMs: number, renewed: boolean): void {
    const { name, provider } = target;
    const { code, facts, rule } = error;
    const sole = provider.credentials.length === 1;
    if (code === "provider_unauthenticated") {
      // An only credential is the breaker's affair: one refusal by mistake must not end the provider for minutes.
      if (sole || renewed) return;
      this.#rest(facts.providerStatus === 403 ? name : provider.name, place, error, true, longestMs);
    } else if (isTooLargeForLimit(error)) {
      return;
    } else if (code === "provider_rate_limited") {
      this.#rest(name, place, error, isSpent(error) && !sole, longestMs);
    } else if (rule.fault === "provider" && (facts.retryAfterMs ?? 0) > 0) {
      this.#rest(name, ALL, error, false, longestMs);
    } else if (this.#rests.size > 0) {
      this.#each(target, place, endTrial);
    }
  }

  /** What rests at a provider now, or is about to be tried again. */
  list(provider: string): CredentialRest[] {
    const now = this.#clock.monotonic();
    return [...this.#rests].flatMap(([key, rests]) => {
      if (key !== provider && !key.startsWith(`${provider}/`)) return [];
      return [...rests].map(([place, { until, code, status }]) => ({
        place: place === ALL ? undefined : place,
        target: key === provider ? undefined : key,
        leftMs: Math.max(0, until - now),
        code,
        status,
      }));
    });
  }

  /** Forgets what rests at a provider: its credentials may be others now. */
  reset(provider: string): void {
    for (const key of this.#rests.keys()) {
      if (key === provider || key.startsWith(`${provider}/`)) this.#rests.delete(key);
    }
  }

  #rest(key: string, place: number, { code, facts }: ParlanceError, tried: boolean, longestMs: number): void {
    if (longestMs === 0) return;
    const now = this.#clock.monotonic();
    const rests = this.#rests.get(key) ?? this.#open(key, now);
    const known = rests.get(place);
    const stillRests = known !== undefined && known.until > now && !known.trial;
    // Calls that failed together are one reason to wait, not several.
    const times = (known?.times ?? 0) + (stillRests ? 0 : 1);
    const asked = facts.retryAfterMs ?? 0;
    const usual = (tried ? REFUSED_MS : LIMITED_MS) * 2 ** Math.min(times - 1, 20);
    const until = now + Math.min(longestMs, asked > 0 ? asked : usual);
    rests.set(place, {
      until: stillRests ? Math.max(until, known.until) : until,
      times,
      code,
      status: facts.providerStatus,
      tried,
      trial: false,
    });
  }

  #each(
    { name, provider }: Target,
    place: number,
    visit: (rest: Rest, rests: Map<number, Rest>, at: number) => void,
  ): void {
    for (const key of [provider.name, name]) {
      const rests = this.#rests.get(key);
      if (rests === undefined) continue;
      for (const at of [place, ALL]) {
        const rest = rests.get(at);
        if (rest !== undefined) visit(rest, rests, at);
      }
    }
  }

  #open(key: string, now: number): Map<number, Rest> {
    if (this.#rests.size >= MAX_KNOWN) {
      for (const [old, rests] of this.#rests) {
        if ([...rests.values()].every(({ until }) => until < now)) this.#rests.delete(old);
      }
      // Many names at once: the target that is known for longest may be called again. Of providers there are few.
      if (this.#rests.size >= MAX_KNOWN) {
        const oldest = [...this.#rests.keys()].find((name) => name.includes("/"));
        if (oldest !== undefined) this.#rests.delete(oldest);
      }
    }
    const rests = new Map<number, Rest>();
    this.#rests.set(key, rests);
    return rests;
  }
}

/** A call with what had rested tells nothing of it: the next one may find out. */
function endTrial(rest: Rest): void {
  if (!rest.trial) return;
  rest.trial = false;
  rest.until = 0;
}

function longer(one: Rest | undefined, other: Rest | undefined): Rest | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  return one.until > other.until ? one : other;
}

function unavailable(what: string, { until, code, status, tried }: Rest, now: number): Resting {
  const retryAfterMs = until - now;
  const why = status === undefined ? code : `${code}, ${status}`;
  const reason = `${what} for another ${durationInWords(retryAfterMs)} (${why})`;
  const told = code === "provider_rate_limited" ? code : "no_healthy_target";
  return { reason, retryAfterMs, ejected: false, passes: !tried, code: told };
}
