import { type Path, type Problem, pathText } from "./problem.js";

/** Told of each thing that is wrong. */
export type Report = (path: Path, message: string, suggestion?: string) => void;

/** Gathers problems, and keeps one mistake from being told twice. */
export interface Reporter {
  /** What was told so far. */
  readonly problems: Problem[];
  readonly report: Report;
  /** Reports at a place that is not the first of its path. */
  reportAt(path: Path, place: Place, message: string): void;
  /** Reports unless something is wrong with the same place already, or with one that holds it. */
  readonly reportNew: Report;
  /** Takes a place as told: what is missing there is missing because of another mistake. */
  excuse(path: Path): void;
}

/** A line and a column, both from 1. */
export interface Place {
  readonly line: number;
  readonly column: number;
}

/** `placeOf` finds a path in the file; undefined where there is no file to find it in. */
export function createReporter(placeOf: (path: Path) => Place | undefined): Reporter {
  const problems: Problem[] = [];
  const told = new Set<string>();
  const report: Report = (path, message, suggestion) => {
    told.add(pathText(path));
    problems.push({ path: pathText(path), ...placeOf(path), message, ...(suggestion !== undefined && { suggestion }) });
  };
  return {
    problems,
    report,
    reportAt(path, place, message) {
      told.add(pathText(path));
      problems.push({ path: pathText(path), ...place, message });
    },
    reportNew(path, message, suggestion) {
      for (let length = 0; length <= path.length; length += 1) if (told.has(pathText(path.slice(0, length)))) return;
      report(path, message, suggestion);
    },
    excuse(path) {
      told.add(pathText(path));
    },
  };
}
