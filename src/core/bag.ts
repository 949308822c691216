/** What can lie in one bag at a time. */
export interface Bagged {
  /** Where it lies; the bag's own. -1 while it lies in none. */
  place: number;
}

/**
 * An unordered collection for members that come and go with every request. A `Set` is the wrong thing for them: when
 * its table is full of what has gone, it is replaced by a new one, and the old tables, promoted, hold on to each other
 * and to the requests that were in them, so that all of those outlive their scavenge (8 KB a request, and a fourth of
 * its CPU).
 */
export class Bag<T extends Bagged> {
  readonly #members: T[] = [];

  get size(): number {
    return this.#members.length;
  }

  add(member: T): void {
    member.place = this.#members.length;
    this.#members.push(member);
  }

  /** False when it was not there. */
  remove(member: T): boolean {
    const { place } = member;
    if (this.#members[place] !== member) return false;
    const last = this.#members.pop() as T;
    if (last !== member) {
      this.#members[place] = last;
      last.place = place;
    }
    member.place = -1;
    return true;
  }

  /** The members as they are now, so that some may go while they are walked through. */
  all(): T[] {
    return this.#members.slice();
  }

  /** One of the members; undefined when there is none. */
  any(): T | undefined {
    return this.#members[this.#members.length - 1];
  }

  some(test: (member: T) => boolean): boolean {
    return this.#members.some(test);
  }
}
