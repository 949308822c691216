import { ParlanceError } from "../sdk/index.js";

/** What can be watched. */
export interface Watched<T> {
  /** Everything as it is now, by name. */
  readonly all: () => Iterable<readonly [name: string, item: T]>;
  /** Tells two states of an item apart, as far as who watches is to be told. */
  readonly key: (item: T) => string;
  /** Calls back at once when something may have changed. Gives what ends that. */
  readonly onChange: (listener: () => void) => () => void;
}

/** How often is looked for what only time changes, in milliseconds. */
const LOOK_EVERY_MS = 500;

/**
 * Tells every item now, and each again whenever its key changes, until `signal` fires. Who reads more slowly than things
 * change is told the latest, and never of all that was between. Throws `overloaded` once `stopping` fires.
 */
export async function* watch<T>(
  { all, key, onChange }: Watched<T>,
  signal: AbortSignal,
  stopping: AbortSignal,
): AsyncGenerator<T> {
  const told = new Map<string, string>();
  let wake = (): void => {};
  let changed = true;
  const look = (): void => {
    changed = true;
    wake();
  };
  const end = onChange(look);
  const timer = setInterval(look, LOOK_EVERY_MS).unref();
  for (const one of [signal, stopping]) one.addEventListener("abort", look, { once: true });
  try {
    while (!signal.aborted) {
      if (stopping.aborted) throw new ParlanceError("overloaded", "The gateway stops.");
      if (!changed) await new Promise<void>((resolve) => (wake = resolve));
      changed = false;
      for (const [name, item] of all()) {
        const now = key(item);
        if (told.get(name) === now) continue;
        told.set(name, now);
        yield item;
        if (signal.aborted || stopping.aborted) break;
      }
    }
  } finally {
    clearInterval(timer);
    end();
    for (const one of [signal, stopping]) one.removeEventListener("abort", look);
  }
}
