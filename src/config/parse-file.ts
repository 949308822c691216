import { isNode, LineCounter, parseDocument } from "yaml";
import type { Path, Report } from "./decode.js";
import type { Problem } from "./problem.js";

/** A file as a value, with what knows where each part of it stands. */
export interface ParsedFile {
  /** Undefined when the file cannot be read as YAML or JSON. */
  readonly value: unknown;
  readonly problems: Problem[];
  /** Adds a problem with its place in the file. */
  readonly report: Report;
}

/** Parses YAML, of which JSON is a spelling. Repeated keys are errors. */
export function parseFile(text: string): ParsedFile {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: true, strict: true });
  const problems: Problem[] = document.errors.map((error) => {
    const { line, col } = lines.linePos(error.pos[0]);
    return {
      path: "",
      line,
      column: col,
      message: (error.message.split("\n")[0] as string).replace(/ at line .*$/, "."),
    };
  });
  const report: Report = (path, message, suggestion) => {
    const offset = offsetOf(document, path);
    const place = offset === undefined ? undefined : lines.linePos(offset);
    problems.push({ path: pathText(path), message, suggestion, line: place?.line, column: place?.col });
  };
  return { value: problems.length > 0 ? undefined : (document.toJS() as unknown), problems, report };
}

/** Where the key of a path stands, or its nearest parent that is in the file. */
function offsetOf(document: ReturnType<typeof parseDocument>, path: Path): number | undefined {
  for (let length = path.length; length > 0; length -= 1) {
    const holder: unknown = length === 1 ? document.contents : document.getIn(path.slice(0, length - 1), true);
    const last = path[length - 1];
    const items = (holder as { items?: unknown[] } | null)?.items ?? [];
    for (const item of items) {
      const { key } = item as { key?: { value?: unknown; range?: number[] } | null };
      if (key !== undefined && key !== null && key.value === last) return key.range?.[0];
    }
    const node = typeof last === "number" ? items[last] : undefined;
    if (isNode(node)) return node.range?.[0];
  }
  return undefined;
}

function pathText(path: Path): string {
  let text = "";
  for (const step of path) {
    if (typeof step === "number") text += `[${step}]`;
    else text += /^[\w-]+$/.test(step) ? `${text === "" ? "" : "."}${step}` : `[${JSON.stringify(step)}]`;
  }
  return text;
}
