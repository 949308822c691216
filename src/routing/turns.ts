/** Remembers who had a turn last, for any number of places, and whether one is due that comes once in a while. */
export class Turns {
  readonly #last: number[] = [];
  #count = 0;
  #owed = 0;

  /** Number of the last turn of a place; 0 before the first. */
  lastOf(place: number): number {
    return this.#last[place] ?? 0;
  }

  /** Whether this request is the one of so many that a share of them makes: of 0.05 every twentieth. */
  isDue(share: number): boolean {
    this.#owed += share;
    if (this.#owed < 1) return false;
    this.#owed -= 1;
    return true;
  }

  /** Notes a turn. */
  take(place: number): void {
    this.#count += 1;
    this.#last[place] = this.#count;
  }
}
