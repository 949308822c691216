import type { Kit } from "./kit.js";

/** One promise of a plugin, and how it is looked at. */
export interface Check {
  /** What it is called in reports and by `--only`. */
  readonly name: string;
  /** The promise in a sentence. */
  readonly promise: string;
  /** Throws a `Broken` where the promise is not kept, an `Unsupported` where it was not given. */
  run(kit: Kit): Promise<void>;
}

/** A promise that is not kept. */
export class Broken extends Error {
  readonly expected: string;
  readonly came: string;

  /** Both in a sentence without its full stop. */
  constructor(expected: string, came: string) {
    super(`Expected ${expected}; came ${came}.`);
    this.name = "Broken";
    this.expected = expected;
    this.came = came;
  }
}

/** A promise that the plugin does not give, or for which it shipped nothing to test it with. */
export class Unsupported extends Error {}

/** Throws a `Broken` unless `kept`. */
export function promise(kept: boolean, expected: string, came: string): asserts kept {
  if (!kept) throw new Broken(expected, came);
}
