import type { Kit } from "./kit.js";

/** One promise of a plugin, and how it is looked at. */
export interface Check {
  /** What it is called in reports and by `--only`. */
  readonly name: string;
  /** The promise in a sentence. */
  readonly promise: string;
  /**
   * When it is looked at: `first` where it says whether others may be looked at side by side, `alone` where nothing else may happen in this process meanwhile, `last` where it looks at what
   * came of the others. Absent means beside others.
   */
  readonly turn?: "first" | "alone" | "last";
  /** Throws a `Broken` where the promise is not kept, an `Unsupported` where it was not given. */
  run(kit: Kit): Promise<void>;
}

export { Broken, promise, Unsupported } from "./verdict.js";
