import type { Clock } from "../core/clock.js";
import type { Deadlines } from "../core/deadlines.js";
import type { Exchange } from "../core/exchange.js";
import type { TargetView } from "../core/target-view.js";
import type { Plan } from "../core/target.js";
import type { Leave, Outcome, Refusal } from "./leave.js";
import { type TargetSettings, TargetState } from "./target-state.js";

/** How the targets of a configuration may be called. */
export interface SettingsOfTargets {
  /** Names of the targets that the configuration's models name. */
  readonly names: ReadonlySet<string>;
  /** How a target may be called, one of them or any other. */
  of(target: string): TargetSettings;
}

/** What is known of every target, by name. It outlives a change of configuration. */
export interface TargetStates {
  /** To be called for each configuration in turn, before its targets are made. */
  configure(settings: SettingsOfTargets): void;
  view(target: string): TargetView;
  /**
   * Asks for leave for an attempt. `panic`: a target that was ejected by a share of failures is called all the same; so it
   * is where too few targets of the exchange's plan are left.
   */
  admit(target: string, exchange: Exchange, panic: boolean): Leave | Refusal | Promise<Leave | Refusal>;
  /** Whether so few of the plan's targets are left that this one is asked although a share of failures has ejected it. */
  panics(target: string, plan: Plan | undefined): boolean;
  /** The targets of the configuration, and those of the others that were called of late. */
  all(): Iterable<readonly [name: string, state: TargetState]>;
  /** Undefined when nothing is known of it. */
  find(target: string): TargetState | undefined;
  /** Forgets the failures of a provider's targets: its configuration has changed. */
  startOver(provider: string): void;
  /** Tells of each change of a breaker or a drain. Gives what ends it. */
  onChange(listener: (target: string, state: TargetState) => void): () => void;
  /** Whom to tell of each attempt that has ended: one at a time. */
  whenEnded(listener: (target: string, outcome: Outcome) => void): void;
}

// `provider/model` names come from clients: what is remembered of them must not grow with them.
const MAX_OTHERS = 1000;

/** The states of a gateway's targets. */
export function createTargetStates(clock: Clock, deadlines: Deadlines, initial: SettingsOfTargets): TargetStates {
  const configured = new Map<string, TargetState>();
  /** The least recently used one first. */
  const others = new Map<string, TargetState>();
  const listeners = new Set<(target: string, state: TargetState) => void>();
  let watcher: ((target: string, outcome: Outcome) => void) | undefined;
  let settings = initial;

  const make = (name: string): TargetState =>
    new TargetState(
      clock,
      deadlines,
      settings.of(name),
      (state) => {
        for (const listener of listeners) listener(name, state);
      },
      (outcome) => watcher?.(name, outcome),
    );
  const find = (name: string): TargetState | undefined => configured.get(name) ?? others.get(name);
  const stateOf = (name: string): TargetState => {
    const own = configured.get(name);
    if (own !== undefined) return own;
    const known = others.get(name);
    if (known === undefined && others.size >= MAX_OTHERS) forgetOne(others);
    const state = known ?? make(name);
    others.delete(name);
    others.set(name, state);
    return state;
  };

  return {
    configure(next) {
      settings = next;
      for (const [name, state] of [...configured, ...others]) {
        state.configure(next.of(name));
        if (!next.names.has(name)) others.set(name, state);
      }
      const before = new Map([...configured, ...others]);
      configured.clear();
      for (const name of next.names) {
        configured.set(name, before.get(name) ?? make(name));
        others.delete(name);
      }
      while (others.size > MAX_OTHERS && forgetOne(others));
    },
    view: (name) => configured.get(name) ?? new LooseView(() => find(name)),
    admit(name, exchange, panic) {
      const state = stateOf(name);
      const admitted = state.admit(exchange, panic);
      return admitted instanceof Promise
        ? admitted.then((later) => orInPanic(later, state, exchange, panic))
        : orInPanic(admitted, state, exchange, panic);
    },
    panics: (name, plan) => tooFewAreLeft(plan, stateOf(name).breaker.settings.panicPercent),
    all: function* () {
      yield* configured;
      yield* others;
    },
    find,
    startOver(provider) {
      for (const [name, state] of [...configured, ...others]) if (name.startsWith(`${provider}/`)) state.startOver();
    },
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    whenEnded(listener) {
      watcher = listener;
    },
  };
}

/** What was ejected is asked all the same where too few of the plan's targets are left. */
function orInPanic(
  admitted: Leave | Refusal,
  state: TargetState,
  exchange: Exchange,
  panic: boolean,
): Leave | Refusal | Promise<Leave | Refusal> {
  if (admitted.kind === "leave" || !admitted.ejected || panic) return admitted;
  const { panicPercent } = state.breaker.settings;
  return tooFewAreLeft(exchange.plan, panicPercent) ? state.admit(exchange, true) : admitted;
}

function tooFewAreLeft(plan: Plan | undefined, percent: number): boolean {
  if (plan === undefined) return false;
  const left = plan.filter(({ target }) => target.view.unavailable() === undefined).length;
  return left * 100 < percent * plan.length;
}

/** Forgets the least recently used one that is idle, those last that know why they are not called. Gives whether it did. */
function forgetOne(states: Map<string, TargetState>): boolean {
  let knowing: string | undefined;
  for (const [name, { inFlight, queued, drained, breaker }] of states) {
    if (inFlight + queued > 0 || drained) continue;
    if (breaker.opening === undefined) return states.delete(name);
    knowing ??= name;
  }
  return knowing !== undefined && states.delete(knowing);
}

/** How a target does of which nothing may be remembered: what a name from a client holds must be small. */
class LooseView implements TargetView {
  readonly #find: () => TargetView | undefined;

  constructor(find: () => TargetView | undefined) {
    this.#find = find;
  }

  get inFlight(): number {
    return this.#find()?.inFlight ?? 0;
  }

  get queued(): number {
    return this.#find()?.queued ?? 0;
  }

  unavailable(): ReturnType<TargetView["unavailable"]> {
    return this.#find()?.unavailable();
  }

  latency(): ReturnType<TargetView["latency"]> {
    return this.#find()?.latency();
  }

  ttftQuantile(share: number): number | undefined {
    return this.#find()?.ttftQuantile(share);
  }

  counts(): ReturnType<TargetView["counts"]> {
    return this.#find()?.counts() ?? { attempts: 0, failures: 0 };
  }
}
