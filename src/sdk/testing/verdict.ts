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
