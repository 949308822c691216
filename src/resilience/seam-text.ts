/** Below it the same words may well be meant twice. */
const SHORTEST_REPEATED = 16;

/**
 * Joins the text of a target that goes on with an answer to what was said: some say the beginning once more, and some the
 * white space that it ended in, which they were not given. What may still turn out to be either waits.
 */
export class SeamText {
  readonly #said: string;
  readonly #space: string;
  #waiting: string | undefined = "";

  constructor(said: string) {
    this.#said = said;
    this.#space = said.slice(said.trimEnd().length);
  }

  /** Text in, what of it the client is to have out. */
  push(text: string): string {
    if (this.#waiting === undefined) return text;
    const all = this.#waiting + text;
    const open = all.length < this.#said.length && this.#said.startsWith(all);
    if (open || (all.length < this.#space.length && this.#space.startsWith(all))) {
      this.#waiting = all;
      return "";
    }
    this.#waiting = undefined;
    return this.#join(all);
  }

  /** The text has ended: what still waits. */
  end(): string {
    const all = this.#waiting;
    this.#waiting = undefined;
    return all === undefined ? "" : this.#join(all);
  }

  #join(text: string): string {
    const said = this.#said;
    for (const whole of [said, said.trimEnd()]) {
      if (whole.length >= SHORTEST_REPEATED && text.startsWith(whole)) return this.#withoutSpace(text, whole);
    }
    return this.#withoutSpace(text, "");
  }

  /** `repeated`: what the text begins with and the client has, be it without the white space at its end. */
  #withoutSpace(text: string, repeated: string): string {
    const rest = text.slice(repeated.length);
    if (repeated === this.#said) return rest;
    let same = 0;
    while (same < this.#space.length && rest[same] === this.#space[same]) same += 1;
    return rest.slice(same);
  }
}
