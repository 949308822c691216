/** Where a value stands: the names and numbers that lead to it. */
export type Path = readonly (string | number)[];

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

/** A path as it is written in messages: `targets[0].model`, with quotes round a name that holds other signs. */
export function pathText(path: Path): string {
  let text = "";
  for (const step of path) {
    if (typeof step === "number") text += `[${step}]`;
    else text += /^[\w-]+$/.test(step) ? `${text === "" ? "" : "."}${step}` : `[${JSON.stringify(step)}]`;
  }
  return text;
}

/** The steps of a path that was written as `targets[0].model`. */
export function pathSteps(text: string): (string | number)[] {
  return [...text.matchAll(/\[(\d+)\]|[^.[\]]+/g)].map(([step, index]) => (index === undefined ? step : Number(index)));
}
