import { Bag, type Bagged } from "../core/bag.js";

/**
 * A queue in which callers take turns: within a caller first come, first served, and between callers one each, so that
 * one with a thousand waiting keeps no other waiting for longer than a round. Every operation takes the same time,
 * however many wait.
 */
export class FairQueue<T> {
  /** A line for each caller of whom something waits. */
  readonly #lines = new Map<string | undefined, Line<T>>();
  /** The lines of each length, to find a longest one. */
  readonly #byLength: Bag<Line<T>>[] = [];
  #longest = 0;
  /** The line whose turn it is; the others follow it in a ring. */
  #turn: Line<T> | undefined;
  #size = 0;

  /** How many wait. */
  get size(): number {
    return this.#size;
  }

  /** How many wait of the caller of whom most do. */
  get longest(): number {
    return this.#longest;
  }

  /** How many wait of one caller. Undefined is a caller too. */
  lengthOf(caller: string | undefined): number {
    return this.#lines.get(caller)?.length ?? 0;
  }

  /** Puts a value behind those of its caller, and its caller, if it had none, behind the others of this round. */
  add(caller: string | undefined, value: T): Place<T> {
    const line = this.#lines.get(caller) ?? this.#open(caller);
    const place = new Place(line, value);
    place.before = line.last;
    if (line.last === undefined) line.first = place;
    else line.last.after = place;
    line.last = place;
    this.#resize(line, 1);
    return place;
  }

  /** Takes out the first of the caller whose turn it is; undefined when nothing waits. */
  shift(): T | undefined {
    const line = this.#turn;
    if (line === undefined) return undefined;
    this.#turn = line.next;
    return this.#takeOut(line.first as Place<T>);
  }

  /** Takes out the newest of a caller of whom most wait; undefined when nothing waits. */
  popOfLongest(): T | undefined {
    const line = this.#byLength[this.#longest]?.any();
    return line === undefined ? undefined : this.#takeOut(line.last as Place<T>);
  }

  /** Takes one out, wherever it stands. False when it is out already. */
  remove(place: Place<T>): boolean {
    if (place.out) return false;
    this.#takeOut(place);
    return true;
  }

  #takeOut(place: Place<T>): T {
    const { line, before, after } = place;
    place.out = true;
    if (before === undefined) line.first = after;
    else before.after = after;
    if (after === undefined) line.last = before;
    else after.before = before;
    this.#resize(line, -1);
    if (line.length === 0) this.#close(line);
    return place.value;
  }

  #open(caller: string | undefined): Line<T> {
    const line = new Line<T>(caller);
    this.#lines.set(caller, line);
    const turn = this.#turn;
    if (turn === undefined) {
      this.#turn = line;
    } else {
      line.next = turn;
      line.previous = turn.previous;
      turn.previous.next = line;
      turn.previous = line;
    }
    return line;
  }

  #close(line: Line<T>): void {
    this.#lines.delete(line.caller);
    if (this.#turn === line) this.#turn = line.next === line ? undefined : line.next;
    line.previous.next = line.next;
    line.next.previous = line.previous;
  }

  #resize(line: Line<T>, by: 1 | -1): void {
    this.#size += by;
    this.#byLength[line.length]?.remove(line);
    line.length += by;
    if (line.length > 0) (this.#byLength[line.length] ??= new Bag()).add(line);
    if (line.length > this.#longest) this.#longest = line.length;
    else if (this.#byLength[this.#longest]?.size === 0) this.#longest -= 1;
  }
}

/** What waits of one caller. */
class Line<T> implements Bagged {
  /** Among the lines of its length. */
  place = -1;
  length = 0;
  first: Place<T> | undefined;
  last: Place<T> | undefined;
  next: Line<T> = this;
  previous: Line<T> = this;
  readonly caller: string | undefined;

  constructor(caller: string | undefined) {
    this.caller = caller;
  }
}

/** A place in the queue. */
class Place<T> {
  out = false;
  before: Place<T> | undefined;
  after: Place<T> | undefined;
  readonly line: Line<T>;
  readonly value: T;

  constructor(line: Line<T>, value: T) {
    this.line = line;
    this.value = value;
  }
}

/** What `add` gave, for `remove`. */
export type QueuePlace<T> = Place<T>;
