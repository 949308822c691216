import type { CallerHeaders, TargetErrors, Losses, ReadonlyHeaders, Wire } from "../../sdk/index.js";
import type { Exchange } from "../exchange.js";

/**
 * Headers of a call that bears the caller's own body: the provider's, with those of the caller's that belong to the
 * request. What the server does not understand is left out, as some servers refuse it: a loss.
 */
export function withCallerHeaders(
  providers: readonly string[],
  dialect: TargetErrors,
  caller: ReadonlyHeaders | undefined,
  understands: Wire["understands"],
  losses: Losses,
): readonly string[] {
  const rules: CallerHeaders | undefined = dialect.callerHeaders;
  if (rules === undefined || caller === undefined) return providers;
  const out = [...providers];
  for (const name in rules) {
    const said = caller[name];
    if (said === undefined) continue;
    const at = placeOf(out, name);
    const known = understood(name, rules[name] === "join" ? listOf(said) : [said], understands?.[name], losses);
    if (known.length === 0) continue;
    const own = rules[name] === "join" && at !== undefined ? listOf(out[at] as string) : [];
    const value = [...new Set([...own, ...known])].join(",");
    if (at === undefined) out.push(name, value);
    else out[at] = value;
  }
  return out;
}

/** Tells what a call in another dialect leaves out of the caller's headers: the lists, which ask for something. */
export function tellOmittedHeaders({ ask, losses }: Exchange): void {
  const { wire } = ask;
  const rules = wire?.dialect.callerHeaders;
  if (rules === undefined || wire?.headers === undefined) return;
  for (const name in rules) {
    if (rules[name] === "join" && wire.headers[name] !== undefined) {
      losses.drop(name, "The target speaks another dialect, which has no such header.");
    }
  }
}

function understood(name: string, values: string[], known: readonly string[] | undefined, losses: Losses): string[] {
  if (known === undefined) return values;
  const unknown = values.filter((value) => !known.includes(value));
  if (unknown.length > 0) losses.drop(name, `The target does not know ${unknown.join(", ")}.`);
  return values.filter((value) => known.includes(value));
}

function listOf(text: string): string[] {
  return text
    .split(",")
    .map((value) => value.trim())
    .filter((value) => value !== "");
}

/** Where a header's value stands among names and values in turn. */
function placeOf(headers: readonly string[], name: string): number | undefined {
  for (let i = 0; i < headers.length; i += 2) if (headers[i] === name) return i + 1;
  return undefined;
}
