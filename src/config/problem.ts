/** One thing that is wrong with a configuration: where, what, and what to write instead. */
export interface Problem {
  /** Path of the setting, such as `models.smart.targets[0].provider`; empty for the whole file. */
  readonly path: string;
  readonly message: string;
  /** The name or value that was probably meant. */
  readonly suggestion?: string | undefined;
  /** Line in the file, from 1. */
  readonly line?: number | undefined;
  /** Column in the line, from 1. */
  readonly column?: number | undefined;
}

/** The problem in one line: `parlance.yaml:3:5 models.smart: …`. */
export function problemLine(problem: Problem, source: string): string {
  const place = problem.line === undefined ? source : `${source}:${problem.line}:${problem.column ?? 1}`;
  const path = problem.path === "" ? "" : ` ${problem.path}:`;
  const suggestion = problem.suggestion === undefined ? "" : ` Did you mean "${problem.suggestion}"?`;
  return `${place}${path} ${problem.message}${suggestion}`;
}
