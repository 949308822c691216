import { CHECKS } from "./all-checks.js";
import { Broken, type Check, Unsupported } from "./check.js";
import { type HouseDialects, type Kit, openBench } from "./kit.js";
import { told } from "./run-call.js";
import type { Subject } from "./subject.js";
import { turnsOfProcess } from "./turns.js";

/** What came of one check. */
export interface CheckResult {
  readonly name: string;
  /** The promise in a sentence. */
  readonly promise: string;
  /** `unsupported`: the plugin does not give this promise, or ships nothing to test it with; `reason` says which. */
  readonly state: "passed" | "failed" | "unsupported";
  readonly expected?: string;
  readonly came?: string;
  readonly reason?: string;
  readonly ms: number;
}

/** What came of all checks. */
export interface Report {
  readonly plugin: string;
  readonly version: string;
  readonly passed: number;
  readonly failed: number;
  readonly unsupported: number;
  readonly ms: number;
  readonly checks: readonly CheckResult[];
}

/** How a plugin is tested. */
export interface TestOptions {
  /** The dialects of the house, for plugins that speak one. Absent means that none is known. */
  readonly dialects?: HouseDialects | undefined;
  /** Name of the one check to run. Absent means all. Throws an Error that lists them where there is none of it. */
  readonly only?: string | undefined;
  /** Called when a check has ended. */
  readonly onResult?: ((result: CheckResult) => void) | undefined;
}

/** How many checks are looked at side by side, each with a server of its own. */
const LANES = 6;

/** Milliseconds that one check may take. */
const LIMIT_MS = 60_000;

/** Holds a plugin to the promises of the provider contract, against a server of the kit's own. */
export async function testPlugin(subject: Subject, options: TestOptions = {}): Promise<Report> {
  const { dialects = { chat: new Map(), embeddings: new Map() }, only, onResult } = options;
  const wanted = CHECKS.filter(({ name }) => only === undefined || name === only);
  if (wanted.length === 0) {
    throw new Error(`There is no check "${only}". There are: ${CHECKS.map(({ name }) => name).join(", ")}.`);
  }
  const began = performance.now();
  const bench = await openBench(subject, dialects);
  const found = new Map<Check, CheckResult>();
  let shown = 0;
  const look = async (check: Check, kit: Kit): Promise<void> => {
    found.set(check, await resultOf(check, kit));
    // In the order of the list, whichever has ended first.
    for (let next = wanted[shown]; next !== undefined && found.has(next); next = wanted[shown]) {
      const result = found.get(next) as CheckResult;
      bench.unheard(() => onResult?.(result));
      shown += 1;
    }
  };
  try {
    const kit = await bench.open();
    for (const check of wanted.filter(({ turn }) => turn === "first"))
      await turnsOfProcess.beside(() => look(check, kit));
    // Calls that get into each other's way would fail every other check too.
    const lanes = [...found.values()].some(({ state }) => state === "failed") ? 1 : LANES;
    const queue = wanted.filter(({ turn }) => turn === undefined);
    const work = async (own: Kit): Promise<void> => {
      for (let check = queue.shift(); check !== undefined; check = queue.shift()) {
        const now = check;
        await turnsOfProcess.beside(() => look(now, own));
      }
    };
    const more = Math.min(lanes, queue.length) - 1;
    await Promise.all([work(kit), ...Array.from({ length: Math.max(0, more) }, async () => work(await bench.open()))]);
    const how = subject.place === "in_process" ? "alone" : "beside";
    for (const check of wanted.filter((one) => one.turn === "alone")) await turnsOfProcess[how](() => look(check, kit));
    for (const check of wanted.filter(({ turn }) => turn === "last")) await look(check, kit);
  } finally {
    await bench.close();
  }
  const checks = wanted.map((check) => found.get(check) as CheckResult);
  const count = (state: CheckResult["state"]): number => checks.filter((check) => check.state === state).length;
  return {
    plugin: subject.name,
    version: subject.version,
    passed: count("passed"),
    failed: count("failed"),
    unsupported: count("unsupported"),
    ms: Math.round(performance.now() - began),
    checks,
  };
}

/** Checks that are about how a provider comes to be; of all others there is nothing to say where none does. */
const FIRST = new Set(["import-silent", "create-makes-no-call"]);

function whyNot({ name }: Check, { subject, unmade }: Kit): string | undefined {
  if (name === "manifest") return undefined;
  if (subject.problems.length > 0) return "Its manifest is not good.";
  return unmade === undefined || FIRST.has(name) ? undefined : `No provider can be made of it: ${told(unmade)}.`;
}

async function resultOf(check: Check, kit: Kit): Promise<CheckResult> {
  const reason = whyNot(check, kit);
  return reason === undefined ? runCheck(check, kit) : { ...named(check), state: "unsupported", reason, ms: 0 };
}

async function runCheck(check: Check, kit: Kit): Promise<CheckResult> {
  const began = performance.now();
  const ended = (result: Pick<CheckResult, "state" | "expected" | "came" | "reason">): CheckResult => ({
    ...named(check),
    ...result,
    ms: Math.round(performance.now() - began),
  });
  try {
    await withinLimit(check.run(kit));
    return ended({ state: "passed" });
  } catch (thrown) {
    if (thrown instanceof Unsupported) return ended({ state: "unsupported", reason: thrown.message });
    if (thrown instanceof Broken) return ended({ state: "failed", expected: thrown.expected, came: thrown.came });
    return ended({ state: "failed", expected: "nothing to be thrown", came: told(thrown) });
  }
}

function named({ name, promise }: Check): Pick<CheckResult, "name" | "promise"> {
  return { name, promise };
}

async function withinLimit(run: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      reject(new Broken(`the check to end within ${LIMIT_MS / 1000} seconds`, "no end"));
    }, LIMIT_MS);
  });
  try {
    await Promise.race([run, late]);
  } finally {
    clearTimeout(timer);
  }
}
