/** Variables by name, as in `process.env`. */
export type Environment = Readonly<Record<string, string | undefined>>;

const REFERENCE = /\$\$\{|\$\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\}/g;

/** A text with its references filled, and the names of variables that are not set and have no default. */
export interface Filled {
  readonly text: string;
  readonly missing: readonly string[];
}

/**
 * Fills `${NAME}` and `${NAME:-default}` from the environment; `$${` stands for a plain `${`. An empty variable counts as
 * not set where there is a default, as in a shell. Done on values after the file is parsed, so that no value can add structure.
 */
export function fillVariables(text: string, environment: Environment): Filled {
  const missing: string[] = [];
  const filled = text.replace(REFERENCE, (match, name: string | undefined, fallback: string | undefined) => {
    if (name === undefined) return "${";
    const value = environment[name];
    if (value !== undefined && (value !== "" || fallback === undefined)) return value;
    if (fallback !== undefined) return fallback;
    missing.push(name);
    return match;
  });
  return { text: filled, missing };
}
