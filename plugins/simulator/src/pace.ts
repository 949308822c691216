import { ParlanceError } from "@parlance/sdk";
import type { Random } from "./random.js";
import type { SimulatorSettings } from "./settings.js";
import type { World } from "./world.js";

/** How fast a model answers, unless settings say otherwise. */
export interface ModelPace {
  /** Mean milliseconds before the first token. */
  readonly timeToFirstTokenMs: number;
  /** Mean tokens in a second; 0 means no waiting. */
  readonly tokensPerSecond: number;
}

/** No waiting at all. */
export const AT_ONCE: ModelPace = { timeToFirstTokenMs: 0, tokensPerSecond: 0 };

/** Waits as a model would. Both throw as soon as the signal fires, also where there is nothing to wait for. */
export interface Pace {
  beforeFirst(): Promise<void>;
  beforeNext(): Promise<void>;
}

/** Makes the pace of one answer. Single waits vary by half around the mean, the same for the same seed. */
export function createPace(
  model: ModelPace,
  settings: SimulatorSettings,
  random: Random,
  signal: AbortSignal,
  world: World,
): Pace {
  const first = settings.timeToFirstTokenMs ?? model.timeToFirstTokenMs;
  const perSecond = settings.tokensPerSecond ?? model.tokensPerSecond;
  const between = perSecond === 0 ? 0 : 1000 / perSecond;
  const wait = async (mean: number): Promise<void> => {
    throwIfAborted(signal);
    if (mean === 0) return;
    const milliseconds = mean * (0.5 + random.next());
    try {
      await world.sleep(milliseconds, signal);
    } catch (error) {
      throwIfAborted(signal);
      throw error;
    }
  };
  return { beforeFirst: () => wait(first), beforeNext: () => wait(between) };
}

/** Throws the signal's own reason where it is an error of the table, and `cancelled` otherwise. */
export function throwIfAborted(signal: AbortSignal): void {
  if (signal.aborted) throw abortReason(signal);
}

/** Never resolves; rejects when the signal fires. */
export function untilAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    const fail = (): void => reject(abortReason(signal));
    if (signal.aborted) fail();
    else signal.addEventListener("abort", fail, { once: true });
  });
}

function abortReason(signal: AbortSignal): ParlanceError {
  const reason = signal.reason as unknown;
  if (ParlanceError.is(reason)) return reason;
  return new ParlanceError("cancelled", "The call was stopped before the answer was whole.", { cause: reason });
}
