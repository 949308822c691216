import { type Document, isAlias, isMap, isScalar, isSeq, LineCounter, parseDocument, type YAMLError } from "yaml";
import type { Path } from "./problem.js";
import { createReporter, type Place, type Reporter } from "./reporter.js";

/** A file as a value, with what knows where each part of it stands. */
export interface ParsedFile {
  /** Undefined when the file is empty, or cannot be read as YAML or JSON. */
  readonly value: unknown;
  /** Holds the faults of the spelling, and takes those of the content with their places. */
  readonly reporter: Reporter;
}

/** Parses YAML, of which JSON is a spelling. Repeated keys are errors. Anchors, aliases and `<<` may save words. */
export function parseFile(text: string): ParsedFile {
  const lines = new LineCounter();
  const document = parseDocument(text, {
    lineCounter: lines,
    uniqueKeys: true,
    strict: true,
    merge: true,
    prettyErrors: false,
    logLevel: "silent",
  });
  const toPlace = (offset: number): Place => {
    const { line, col } = lines.linePos(offset);
    return { line, column: col };
  };
  const reporter = createReporter((path) => toPlace(offsetOf(document, path)));
  // A tag that is not known would be dropped, and what it was to do with it.
  for (const fault of [...document.errors, ...document.warnings]) {
    reporter.problems.push({ path: "", ...toPlace(fault.pos[0]), message: sentenceOf(fault, text) });
  }
  return { value: reporter.problems.length > 0 ? undefined : toValue(document, reporter), reporter };
}

function toValue(document: Document.Parsed, { report }: Reporter): unknown {
  try {
    const value: unknown = document.toJS();
    // An alias inside of its own anchor makes a value without an end.
    JSON.stringify(value);
    return value;
  } catch (error) {
    const ownEnd = error instanceof TypeError;
    report([], ownEnd ? "holds an alias of something that it is itself a part of." : `${(error as Error).message}.`);
    return undefined;
  }
}

function sentenceOf(fault: YAMLError, text: string): string {
  const sentence = `${(fault.message.split("\n")[0] as string).replace(/[.:]$/, "")}.`;
  const from = text.lastIndexOf("\n", fault.pos[0] - 1) + 1;
  const end = text.indexOf("\n", fault.pos[0]);
  const line = text.slice(from, end === -1 ? undefined : end);
  // Braces mean something else to YAML inside of { } and [ ].
  return /[^"']\$\{/.test(line) ? `${sentence} Put values with \${…} in quotes.` : sentence;
}

/** Where the last step of a path that is in the file begins. */
function offsetOf(document: Document.Parsed, path: Path): number {
  let node: unknown = document.contents;
  let offset = document.contents?.range[0] ?? 0;
  for (const step of path) {
    if (isAlias(node)) node = node.resolve(document);
    if (isMap(node)) {
      // A name that looks like a number is one to YAML.
      const pair = node.items.find(({ key }) => isScalar(key) && String(key.value) === String(step));
      if (pair === undefined) break;
      offset = (pair.key as { range?: [number] }).range?.[0] ?? offset;
      node = pair.value;
    } else if (isSeq(node) && typeof step === "number") {
      node = node.items[step];
      offset = (node as { range?: [number] } | undefined)?.range?.[0] ?? offset;
    } else {
      break;
    }
  }
  return offset;
}
