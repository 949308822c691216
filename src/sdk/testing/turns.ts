/** Lets most run side by side, and some alone. */
export interface Turns {
  /** Runs beside others, when nobody runs alone. */
  beside<T>(run: () => Promise<T>): Promise<T>;
  /** Runs when nobody else does; those who come later wait for it. */
  alone<T>(run: () => Promise<T>): Promise<T>;
}

/** Nobody runs. */
export function createTurns(): Turns {
  const running = new Set<Promise<unknown>>();
  let gate: Promise<unknown> = Promise.resolve();
  return {
    async beside(run) {
      for (let before: unknown; before !== gate; ) {
        before = gate;
        await gate;
      }
      const turn = run();
      const settled = turn.then(ignore, ignore);
      running.add(settled);
      void settled.then(() => running.delete(settled));
      return turn;
    },
    alone(run) {
      const before = gate;
      const turn = (async () => {
        await before;
        await Promise.all(running);
        return run();
      })();
      gate = turn.then(ignore, ignore);
      return turn;
    },
  };
}

function ignore(): void {}

/** For what all kits of this process share: its memory, and its environment. */
export const turnsOfProcess: Turns = createTurns();
