import { type Document, isAlias, isMap, isScalar, isSeq, LineCounter, parseDocument, type YAMLError } from "yaml";
import { checkStructure } from "./check-structure.js";
import type { Path } from "./problem.js";
import { createReporter, type Place, type Reporter } from "./reporter.js";

/** A file as a value, with what knows where each part of it stands. */
export interface ParsedFile {
  /** Null when the file is empty; undefined when it cannot be read as YAML or JSON, or never ends. */
  readonly value: unknown;
  /** Holds the faults of the spelling, and takes those of the content with their places. */
  readonly reporter: Reporter;
}

/** Parses YAML, of which JSON is a spelling. Repeated keys are errors. Anchors, aliases and `<<` may save words. */
export function parseFile(text: string): ParsedFile {
  const lines = new LineCounter();
  const document = parseDocument(text, {
    lineCounter: lines,
    // Repeated keys are found below, all of them, and with their paths.
    uniqueKeys: false,
    strict: true,
    merge: true,
    prettyErrors: false,
    // With "silent" a second document would be dropped in silence.
    logLevel: "error",
  });
  const toPlace = (offset: number): Place => {
    const { line, col } = lines.linePos(offset);
    return { line, column: col };
  };
  const reporter = createReporter((path) => toPlace(offsetOf(document, path)));
  // A tag that is not known would be dropped, and what it was to do with it.
  for (const fault of [...document.errors, ...document.warnings]) {
    reporter.reportAt([], toPlace(fault.pos[0]), sentenceOf(fault, text));
  }
  if (reporter.problems.length > 0) return { value: undefined, reporter };
  const { hasValue } = checkStructure(document, (path, node, message) => {
    const offset = (node as { range?: [number] }).range?.[0];
    reporter.reportAt(path, toPlace(offset ?? offsetOf(document, path)), message);
  });
  return { value: hasValue ? toValue(document, reporter) : undefined, reporter };
}

function toValue(document: Document.Parsed, { report }: Reporter): unknown {
  try {
    return document.toJS();
  } catch (error) {
    // Aliases of aliases of aliases would fill the memory.
    report([], `${(error as Error).message}.`);
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
