import type { Stage } from "./stage.js";

/** How long a snapshot is at work: until it is replaced, and the last exchange that began on it has ended. */
export interface Tenure {
  /** Counts what runs; stands in front of all that uses the snapshot. */
  readonly stage: Stage;
  /** Calls `over` once, as soon as nothing runs. To be called when no exchange begins any more. */
  end(over: () => void): void;
}

/** A tenure that begins. */
export function createTenure(): Tenure {
  let running = 0;
  let whenOver: (() => void) | undefined;
  const look = (): void => {
    if (running > 0) return;
    const over = whenOver;
    whenOver = undefined;
    over?.();
  };
  return {
    stage: {
      name: "tenure",
      enter() {
        running += 1;
      },
      settle() {
        running -= 1;
        if (whenOver !== undefined) look();
      },
    },
    end(over) {
      whenOver = over;
      look();
    },
  };
}
