/** Remembers who had a turn last, for any number of places. */
export class Turns {
  readonly #last: number[] = [];
  #count = 0;

  /** Number of the last turn of a place; 0 before the first. */
  lastOf(place: number): number {
    return this.#last[place] ?? 0;
  }

  /** Notes a turn. */
  take(place: number): void {
    this.#count += 1;
    this.#last[place] = this.#count;
  }
}
