/**
 * How many requests of a route may be hedged: a bucket that each request fills by its share, that each hedge empties by
 * one, and that begins empty. So of the first n requests never more than `percent` in a hundred are hedged, and of any run
 * of them never more than that and what a hundred requests earn: a burst of slowness does not double the spend.
 */
export class HedgeAllowance {
  /** In hundredths of a hedge. */
  #credit = 0;

  /** A request begins, of which `percent` in a hundred may be hedged. */
  earn(percent: number): void {
    this.#credit = Math.min(this.#credit + percent, 100 * Math.max(1, percent));
  }

  /** Takes leave for one hedge; false when there is none left. */
  take(): boolean {
    if (this.#credit < 100) return false;
    this.#credit -= 100;
    return true;
  }

  /** A hedge for which leave was taken was not made after all. */
  giveBack(): void {
    this.#credit += 100;
  }
}
