/** How long something is at work: until it is replaced, and the last that began on it has ended. */
export interface Tenure {
  /** Something begins on it. */
  begin(): void;
  /** What began has ended. */
  leave(): void;
  /** Calls `over` once, as soon as nothing runs. To be called when nothing begins any more. */
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
    begin() {
      running += 1;
    },
    leave() {
      running -= 1;
      if (whenOver !== undefined) look();
    },
    end(over) {
      whenOver = over;
      look();
    },
  };
}
