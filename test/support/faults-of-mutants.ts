import type { Completion, TargetDialect } from "../../src/sdk/index.js";
import { type Mutant, mutantsOf, type Told } from "./answer-mutants.js";
import { gistOf, readPieces, sizesOf, toldOf, wordsOf } from "./read-mutant.js";

/** An answer of a provider. */
export interface Answer {
  /** Where it lies, for the reader of a fault. */
  readonly file: string;
  readonly pieces: readonly Told[];
  readonly streamed: boolean;
}

/** How many mutants of one shape are read. */
const OF_A_SHAPE = 3;

/**
 * What goes wrong when answers come as they might also have come: an error that is none of the table, a text or an
 * argument that is lost, or another reading where nothing that is known has changed. `read`: how many were tried.
 */
export function faultsOf(dialect: TargetDialect, answers: Iterable<Answer>): { faults: string[]; read: number } {
  const seen = new Map<string, number>();
  const faults = new Map<string, string>();
  let read = 0;
  for (const { file, pieces, streamed } of answers) {
    const whole = readPieces(dialect, pieces, streamed);
    const before: Before = {
      gist: whole && JSON.stringify(gistOf(whole)),
      unread: new Set(whole && lostOf(pieces, whole)),
      words: wordsIn(pieces),
      sizes: whole && sizesOf(whole),
    };
    for (const mutant of mutantsOf(pieces, streamed)) {
      const kind = `${streamed ? "streamed" : "whole"}, ${mutant.what}`;
      const times = seen.get(kind) ?? 0;
      if (times >= OF_A_SHAPE && !mutant.what.endsWith("members everywhere")) continue;
      seen.set(kind, times + 1);
      read += 1;
      const fault = faultOf(() => readPieces(dialect, mutant.pieces, streamed), mutant, before);
      if (fault !== undefined) faults.set(kind, `${kind}: ${fault} (${file})`);
    }
  }
  return { faults: [...faults.values()], read };
}

/** How the answer itself was read. */
interface Before {
  readonly gist: string | undefined;
  /** Texts that do not come as they are, such as pieces of what is collected. */
  readonly unread: ReadonlySet<string>;
  readonly words: string;
  readonly sizes: ReturnType<typeof sizesOf> | undefined;
}

function faultOf(
  read: () => Completion | undefined,
  mutant: Mutant,
  { gist, unread, words, sizes }: Before,
): string | undefined {
  let completion: Completion | undefined;
  try {
    completion = read();
  } catch (thrown) {
    return `throws ${String(thrown)}`;
  }
  if (mutant.kind === "same") {
    const now = completion && JSON.stringify(gistOf(completion));
    return now === gist ? undefined : `is read as ${now}, and was ${gist}`;
  }
  if (completion === undefined || mutant.kind === "absurd") return undefined;
  const lost = lostOf(mutant.pieces, completion).find((word) => !unread.has(word));
  if (lost !== undefined) return `loses ${JSON.stringify(lost.slice(0, 80))}`;
  if (sizes === undefined || mutant.kind !== "events" || wordsIn(mutant.pieces) !== words) return undefined;
  const now = sizesOf(completion);
  // A call without arguments has two characters and no words.
  const short = sizes.told - now.told;
  return short > 2 && now.opaque <= sizes.opaque ? `loses ${short} characters` : undefined;
}

function wordsIn(pieces: readonly Told[]): string {
  return JSON.stringify(pieces.map(({ payload }) => wordsOf(payload)).filter((words) => words.length > 0));
}

function lostOf(pieces: readonly Told[], completion: Completion): string[] {
  const told = toldOf(completion);
  return pieces.flatMap(({ payload }) => wordsOf(payload)).filter((word) => !told.some((text) => text.includes(word)));
}
