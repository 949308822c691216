/** Steps that reading one schema may take; a schema of a few lines can ask for more than a machine can do. */
const MOST_STEPS = 200_000;

/** A count of steps that comes to an end. */
export interface Effort {
  /** Takes one step; false when there is none left. */
  spend(): boolean;
  readonly spent: boolean;
}

/** Effort for one task. */
export function createEffort(steps: number = MOST_STEPS): Effort {
  let left = steps;
  return {
    spend: () => {
      left -= 1;
      return left >= 0;
    },
    get spent() {
      return left < 0;
    },
  };
}
