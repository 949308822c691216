import type { SimulatedModel } from "../behaviour.js";
import type { Random } from "../random.js";
import { tokenize } from "../tokens.js";

/** `lorem`: two to four sentences at the pace of a real model, 300 ms and 50 tokens a second. */
export const lorem: SimulatedModel = {
  answer: ({ random }) => ({ pieces: [{ kind: "text", text: sentences(random, random.between(2, 4)) }] }),
  pace: { timeToFirstTokenMs: 300, tokensPerSecond: 50 },
};

/** So many sentences that mean nothing. */
export function sentences(random: Random, count: number): string {
  return Array.from({ length: count }, () => sentence(random)).join(" ");
}

/** Text that has exactly so many tokens. */
export function loremTokens(random: Random, tokens: number): string {
  const out: string[] = [];
  while (out.length < tokens) out.push(...tokenize(`${out.length === 0 ? "" : " "}${sentence(random)}`));
  return out.slice(0, tokens).join("");
}

function sentence(random: Random): string {
  const words = Array.from({ length: random.between(6, 14) }, () => random.pick(WORDS));
  const text = words.join(" ");
  return `${text.slice(0, 1).toUpperCase()}${text.slice(1)}.`;
}

// Words of Cicero's De finibus bonorum et malorum, 45 BC, from which the printers' text is cut.
export const WORDS =
  "lorem ipsum dolor sit amet consectetur adipisci velit sed quia non numquam eius modi tempora incidunt ut labore et dolore magnam aliquam quaerat voluptatem enim ad minima veniam quis nostrum exercitationem ullam corporis suscipit laboriosam nisi aliquid ex ea commodi consequatur autem vel eum iure reprehenderit qui in voluptate esse quam nihil molestiae illum fugiat quo nulla pariatur".split(
    " ",
  );
