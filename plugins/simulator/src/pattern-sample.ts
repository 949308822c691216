import type { Random } from "./random.js";

/**
 * A text that matches a regular expression: literals, classes, groups, choices, anchors and repeats. Lookarounds,
 * back-references and unicode properties are passed over, so that the caller must check what comes out.
 *
 * @param wanted about how many characters the text should have; repeats that are open grow towards it.
 */
export function samplePattern(pattern: string, random: Random, wanted = 0): string {
  const characters = [...pattern];
  let at = 0;
  let length = 0;

  const emit = (text: string): string => {
    length += 1;
    return text;
  };

  type Node = () => string;

  const alternatives = (): Node => {
    const branches: Node[] = [sequence()];
    while (characters[at] === "|") {
      at += 1;
      branches.push(sequence());
    }
    return () => random.pick(branches)();
  };

  const sequence = (): Node => {
    const nodes: Node[] = [];
    while (at < characters.length && characters[at] !== "|" && characters[at] !== ")") nodes.push(repeated());
    return () => nodes.map((node) => node()).join("");
  };

  const repeated = (): Node => {
    const node = atom();
    const { least, most } = bounds();
    return () => {
      let times = most === least ? least : random.between(least, Math.min(most, least + 2));
      let text = "";
      for (let done = 0; done < times && length < MOST_LENGTH; done += 1) {
        text += node();
        if (done + 1 === times && length < wanted && times < most) times += 1;
      }
      return text;
    };
  };

  const bounds = (): { least: number; most: number } => {
    const mark = characters[at];
    let found = { least: 1, most: 1 };
    if (mark === "?") found = { least: 0, most: 1 };
    else if (mark === "*") found = { least: 0, most: 200 };
    else if (mark === "+") found = { least: 1, most: 200 };
    else if (mark === "{") {
      const counts = /^\{(\d+)(,(\d*))?\}/.exec(characters.slice(at).join(""));
      if (!counts) return found;
      const least = Number(counts[1]);
      found = { least, most: counts[2] === undefined ? least : counts[3] === "" ? least + 200 : Number(counts[3]) };
      at += counts[0].length - 1;
    } else return found;
    at += 1;
    if (characters[at] === "?") at += 1;
    return found;
  };

  const atom = (): Node => {
    const character = characters[at] as string;
    at += 1;
    if (character === "^" || character === "$") return () => "";
    if (character === "(") return group();
    if (character === "[") return oneOf(readClass());
    if (character === ".") return oneOf(LETTERS);
    if (character === "\\") {
      const escape = readEscape();
      return escape === undefined ? () => "" : oneOf(escape);
    }
    return () => emit(character);
  };

  const group = (): Node => {
    const opening = /^\?(?::|<[A-Za-z_]\w*>|<?[=!])/.exec(characters.slice(at).join(""))?.[0] ?? "";
    at += opening.length;
    const inner = alternatives();
    at += 1;
    return /[=!]$/.test(opening) ? () => "" : inner;
  };

  const oneOf =
    (list: readonly string[]): Node =>
    () =>
      emit(random.pick(list.length > 0 ? list : LETTERS));

  /** The characters that an escape stands for; undefined for one that stands for none. */
  const readEscape = (): readonly string[] | undefined => {
    const letter = characters[at] ?? "\\";
    at += 1;
    if (letter === "b" || letter === "B") return undefined;
    const code = letter === "x" ? 2 : letter === "u" ? 4 : 0;
    const digits = characters.slice(at, at + code).join("");
    if (code > 0 && /^[0-9a-fA-F]+$/.test(digits) && digits.length === code) {
      at += code;
      return [String.fromCharCode(Number.parseInt(digits, 16))];
    }
    return ESCAPES[letter] ?? [letter];
  };

  const readClass = (): readonly string[] => {
    const negated = characters[at] === "^";
    if (negated) at += 1;
    const members: string[] = [];
    while (at < characters.length && characters[at] !== "]") {
      const first = readMember();
      const range =
        first.length === 1 && characters[at] === "-" && characters[at + 1] !== "]" && at + 1 < characters.length;
      if (!range) members.push(...first);
      else {
        at += 1;
        members.push(...between(first[0] as string, readMember()[0] ?? (first[0] as string)));
      }
    }
    at += 1;
    return negated ? PRINTABLE.filter((character) => !members.includes(character)) : members;
  };

  const readMember = (): readonly string[] => {
    const character = characters[at] as string;
    at += 1;
    return character === "\\" ? (readEscape() ?? ["\b"]) : [character];
  };

  return alternatives()();
}

/** Characters of a text, at most: repeats of repeats can ask for more than a memory holds. */
const MOST_LENGTH = 2000;
/** At most so many characters of a range are ever needed. */
const MOST_RANGE = 256;

function between(first: string, last: string): string[] {
  const from = first.codePointAt(0) as number;
  const to = Math.min(last.codePointAt(0) as number, from + MOST_RANGE);
  return Array.from({ length: Math.max(0, to - from + 1) }, (_, index) => String.fromCodePoint(from + index));
}

const DIGITS = between("0", "9");
const LETTERS = between("a", "z");
const PRINTABLE = [...LETTERS, ...between("A", "Z"), ...DIGITS, ...between(" ", "/"), ..."_-@:;"];
const WORD = [...LETTERS, ...between("A", "Z"), ...DIGITS, "_"];

const ESCAPES: Readonly<Record<string, readonly string[]>> = {
  d: DIGITS,
  D: LETTERS,
  w: WORD,
  W: [" ", "-", "."],
  s: [" "],
  S: LETTERS,
  n: ["\n"],
  r: ["\r"],
  t: ["\t"],
};
