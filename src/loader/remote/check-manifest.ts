import { ISOLATIONS, type Isolation } from "./placement.js";

/** Checks `command`: a program in the place of a module. */
export function checkCommand(command: unknown, entry: unknown, problems: string[]): readonly string[] | undefined {
  if (command === undefined) return undefined;
  if (entry !== undefined) {
    problems.push('"parlance.entry" and "parlance.command" exclude one another: a module, or a program of its own.');
  }
  if (
    Array.isArray(command) &&
    command.length > 0 &&
    command.every((word) => typeof word === "string" && word !== "")
  ) {
    return command as string[];
  }
  problems.push(
    `"parlance.command" is ${JSON.stringify(command)}; it must be the words of a command, such as ["python3", "main.py"].`,
  );
  return undefined;
}

/** Checks `isolation`: where the plugin runs unless the configuration says otherwise. */
export function checkIsolation(isolation: unknown, command: unknown, problems: string[]): Isolation | undefined {
  if (isolation === undefined) return undefined;
  if (!ISOLATIONS.includes(isolation as Isolation)) {
    problems.push(`"parlance.isolation" is ${JSON.stringify(isolation)}; it must be one of ${ISOLATIONS.join(", ")}.`);
    return undefined;
  }
  if (command !== undefined && isolation !== "process") {
    problems.push(
      `"parlance.isolation" is "${String(isolation)}", and a "parlance.command" always has its own process.`,
    );
  }
  return isolation as Isolation;
}

/** Checks `environment.pass`: variables for a plugin in a thread or process of its own. The gateway's own are not given. */
export function checkPassed(pass: unknown, problems: string[]): readonly string[] {
  const isVariable = (name: unknown): boolean =>
    typeof name === "string" && /^[A-Za-z_][A-Za-z0-9_]*$/.test(name) && !name.startsWith("PARLANCE_");
  if (Array.isArray(pass) && pass.every(isVariable)) return pass as string[];
  problems.push(
    `"parlance.environment.pass" is ${JSON.stringify(pass)}; it must be a list of variables, none of them the gateway's (PARLANCE_*).`,
  );
  return [];
}
