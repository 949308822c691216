import { nearest } from "../sdk/index.js";
import type { Path } from "./problem.js";
import type { Report } from "./reporter.js";

/** Variables by name, as in `process.env`. */
export type Environment = Readonly<Record<string, string | undefined>>;

const REFERENCE = /\$\$\{|\$\{([^}]*)(\}?)/g;
const INSIDE = /^([A-Za-z_][A-Za-z0-9_]*)(?::-([\s\S]*))?$/;

/** A text with its references filled, and what kept some of them from being filled. */
export interface Filled {
  readonly text: string;
  /** Names of variables that are not set and have no default. */
  readonly missing: readonly string[];
  /** References that are not written as one. */
  readonly malformed: readonly string[];
}

/**
 * Fills `${NAME}` and `${NAME:-default}` from the environment; `$${` stands for a plain `${`. An empty variable counts as
 * not set where there is a default, as in a shell. Done on values after the file is parsed, so that no value can add
 * structure.
 */
export function fillVariables(text: string, environment: Environment): Filled {
  const missing: string[] = [];
  const malformed: string[] = [];
  const filled = text.replace(REFERENCE, (match, inside: string | undefined, end: string) => {
    if (inside === undefined) return "${";
    const [, name, fallback] = INSIDE.exec(inside) ?? [];
    if (name === undefined || end === "" || fallback?.includes("${")) {
      malformed.push(match);
      return match;
    }
    const value = environment[name];
    if (value !== undefined && (value !== "" || fallback === undefined)) return value;
    if (fallback !== undefined) return fallback;
    missing.push(name);
    return match;
  });
  return { text: filled, missing, malformed };
}

/** The text filled, or undefined once what is wrong with its references was reported. Tells no variable's value. */
export function fillText(text: string, path: Path, environment: Environment, report: Report): string | undefined {
  const { text: filled, missing, malformed } = fillVariables(text, environment);
  for (const name of missing) {
    const [near] = nearest(name, Object.keys(environment));
    report(
      path,
      `needs the environment variable ${name}, which is not set. Set it, or write \${${name}:-default}.`,
      near,
    );
  }
  for (const reference of malformed) {
    report(
      path,
      `holds ${JSON.stringify(reference)}, which is no reference: write \${NAME} or \${NAME:-default}, and $\${ for a plain \${.`,
    );
  }
  return missing.length + malformed.length === 0 ? filled : undefined;
}
