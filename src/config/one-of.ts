import { nearest } from "../sdk/index.js";
import type { Path } from "./problem.js";
import type { Report } from "./reporter.js";

/** Reports a value that is set and is none of those that are known. */
export function oneOf(value: string | undefined, known: readonly string[], path: Path, report: Report): void {
  if (value === undefined || known.includes(value)) return;
  const can = known.length === 1 ? `only be ${known[0]}` : `be ${known.join(", ")}`;
  report(path, `cannot be "${value}". In this version it can ${can}.`, nearest(value, known)[0]);
}
