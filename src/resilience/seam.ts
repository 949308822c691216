import { type Chunk, chunks, type Loss, type Usage } from "../sdk/index.js";
import type { SaidSoFar } from "./said-so-far.js";
import { SeamText } from "./seam-text.js";

/** Turns the chunks of a target that goes on with an answer into the rest of that answer. */
export class Seam {
  readonly #earlier: Usage | undefined;
  readonly #losses: readonly Loss[];
  readonly #text: SeamText;
  /** Numbers of the parts that the client knows, by those that the target gave them. */
  readonly #numbers = new Map<number, number>();
  #open: number | undefined;
  #parts: number;
  /** The target's part that goes on with the open one. */
  #joined: number | undefined;

  /** `earlier`, `losses`: what the attempts before took and lost. */
  constructor({ text, open, parts }: SaidSoFar, earlier: Usage | undefined, losses: readonly Loss[]) {
    this.#earlier = earlier;
    this.#losses = losses;
    this.#text = new SeamText(text);
    this.#open = open;
    this.#parts = parts;
  }

  /** Chunks of the target in, those that the client is told out. */
  take(told: readonly Chunk[]): Chunk[] {
    const out: Chunk[] = [];
    for (const chunk of told) this.#take(chunk, out);
    return out;
  }

  #take(chunk: Chunk, out: Chunk[]): void {
    const { event } = chunk;
    switch (event.case) {
      case "completionStart":
        return;
      case "partStart":
        this.#start(event.value, out);
        return;
      case "textDelta":
        this.#say(event.value.part, event.value.text, out);
        return;
      case "partEnd":
        if (event.value.part === this.#joined) this.#endText(out);
        out.push(chunks.partEnd(0, this.#numberOf(event.value.part)));
        return;
      case "reasoningDelta":
      case "refusalDelta":
      case "toolCallDelta":
      case "audioDelta":
      case "citationAdd": {
        const value = { ...event.value, part: this.#numberOf(event.value.part) };
        out.push({ ...chunk, event: { case: event.case, value } as Chunk["event"] });
        return;
      }
      case "finish":
        this.#close(out);
        out.push(chunk);
        return;
      case "usage":
        out.push(chunks.usage(sumOf(this.#earlier, event.value)));
        return;
      case "completionEnd":
        event.value.losses.unshift(...this.#losses);
        out.push(chunk);
        return;
      default:
        out.push(chunk);
    }
  }

  #start(value: Extract<Chunk["event"], { case: "partStart" }>["value"], out: Chunk[]): void {
    const { part, content } = value;
    if (content?.kind.case === "text" && this.#open !== undefined && this.#joined === undefined) {
      this.#joined = part;
      this.#numbers.set(part, this.#open);
      this.#say(part, content.kind.value.text, out);
      return;
    }
    // Of some wires one part must end before the next begins.
    this.#close(out);
    this.#numbers.set(part, this.#parts);
    out.push(chunks.partStart(0, this.#parts, content ?? {}));
    this.#parts += 1;
  }

  #say(part: number, text: string, out: Chunk[]): void {
    const rest = part === this.#joined ? this.#text.push(text) : text;
    if (rest !== "") out.push(chunks.textDelta(0, this.#numberOf(part), rest));
  }

  #endText(out: Chunk[]): void {
    const rest = this.#text.end();
    if (rest !== "") out.push(chunks.textDelta(0, this.#numberOf(this.#joined ?? 0), rest));
    this.#open = undefined;
  }

  /** The part that was open when the answer was cut ends, where the target does not go on with it. */
  #close(out: Chunk[]): void {
    if (this.#open === undefined || this.#joined !== undefined) return;
    out.push(chunks.partEnd(0, this.#open));
    this.#open = undefined;
  }

  #numberOf(part: number): number {
    return this.#numbers.get(part) ?? part;
  }
}

/** What two attempts took together, as far as they told. */
export function sumOf(first: Usage | undefined, second: Usage): Usage;
export function sumOf(first: Usage | undefined, second: Usage | undefined): Usage | undefined;
export function sumOf(first: Usage | undefined, second: Usage | undefined): Usage | undefined {
  if (first === undefined || second === undefined) return first ?? second;
  // The attempts keep their own counts.
  const sum = { ...second };
  const totals = sum as unknown as Record<string, unknown>;
  for (const [name, value] of Object.entries(first)) {
    const other = totals[name];
    if (typeof value === "number") totals[name] = value + (typeof other === "number" ? other : 0);
    else if (typeof value === "bigint") totals[name] = value + (typeof other === "bigint" ? other : 0n);
  }
  return sum;
}
