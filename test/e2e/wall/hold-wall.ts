import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { FAULTS, FAULTY, FIRST_WORD, QUOTED_KEY, SPARE } from "../../kits/faults.js";
import type { Script } from "../../kits/script.js";
import type { Canonical, Client } from "../clients/canonical.js";
import type { WallDoor } from "./doors.js";
import { type Ending, WALL } from "./expected.js";
import { type Outcome, runCell } from "./run-cell.js";
import { type Cell, PROVIDER_KEY, startWorld, type WallWorld } from "./world.js";

/** Nothing is tried again, and nobody is left out for what another cell has seen. */
const ONE_CALL_EACH = { retry: { retries: 0 }, breaker: { failures: 0, failure_percent: 0 } };

/** How a wall is run that is not the usual one. */
export interface WallOptions {
  /** As in the configuration. */
  readonly resilience: object;
  /** How often the first target is called where it is alone and fails. */
  readonly calls: (cell: Cell, ending: Ending & { is: "refused" }) => number;
  /** Which cells are run. */
  readonly takes: (cell: Cell) => boolean;
}

const USUAL: WallOptions = { resilience: ONE_CALL_EACH, calls: () => 1, takes: () => true };

/** Runs every cell of a door. */
export function holdWall(door: WallDoor, options: WallOptions = USUAL): void {
  const cells = cellsOf(door).filter(options.takes);
  let world: WallWorld;
  let client: Client;
  // What takes its time does so beside all others.
  const early = new Map<Cell, Promise<Outcome | Error>>();

  beforeAll(async () => {
    world = await startWorld(cells, options.resilience);
    client = await door.client(world.gateway.url);
    for (const cell of cells.filter(({ row }) => row.timeouts !== undefined)) {
      early.set(
        cell,
        runCell(world, client, cell).catch((thrown: Error) => thrown),
      );
    }
  });

  afterAll(async () => {
    client.close();
    await world.close();
  });

  describe.concurrent.each(["unary", "stream"] as const)(`${door.name}, %s`, (mode) => {
    const told = cells.filter((cell) => cell.mode === mode);
    it.each(told.map((cell) => [titleOf(cell), cell] as const))("%s", async (_title, cell) => {
      const outcome = await (early.get(cell) ?? runCell(world, client, cell));
      if (outcome instanceof Error) throw outcome;
      check(door, cell, outcome, options);
    });
  });
}

function cellsOf(door: WallDoor): Cell[] {
  const cells: Cell[] = [];
  for (const row of WALL) {
    for (const mode of ["unary", "stream"] as const) {
      if (row[mode] === undefined) continue;
      for (const [lane, wire] of door.wires) {
        for (const spared of [false, true]) {
          cells.push({ row, mode, lane, wire, spared, model: `m${cells.length}` });
        }
      }
    }
  }
  return cells;
}

function endingOf({ row, mode }: Cell): Ending {
  return row[mode] as Ending;
}

function titleOf(cell: Cell): string {
  const ending = endingOf(cell);
  const end =
    ending.is === "whole"
      ? "is a whole answer"
      : ending.is === "broken"
        ? `is told as ${ending.code} after what came`
        : cell.spared
          ? `is not noticed, and ${ending.code} on the record`
          : `is told as ${ending.code}`;
  return `${cell.row.fault}, ${cell.lane} from ${cell.wire}, ${cell.spared ? "with a spare" : "alone"}: ${end}`;
}

function check(door: WallDoor, cell: Cell, outcome: Outcome, options: WallOptions): void {
  const ending = endingOf(cell);
  const { answer, error, record, calls } = outcome;
  const told = JSON.stringify({ error, record });
  for (const secret of [PROVIDER_KEY, QUOTED_KEY]) expect(told).not.toContain(secret);
  if (ending.is === "whole") {
    expect(error).toBeUndefined();
    expect(answer).toEqual(answerOf(FAULTY));
    expect([record.attempts, record.lane, calls]).toEqual([1, cell.lane, [1, 0]]);
  } else if (ending.is === "broken") {
    expect(answer).toBeUndefined();
    expect(error).toMatchObject(door.breakage(ending.code));
    // What came is not lost, and nothing is said twice.
    expect(error?.said).toMatch(new RegExp(`^${FIRST_WORD}`));
    expect([record.attempts, record.error, calls]).toEqual([1, ending.code, [1, 0]]);
  } else if (cell.spared) {
    expect(error).toBeUndefined();
    expect(answer).toEqual(answerOf(SPARE));
    expect([record.attempts, record.error, calls]).toEqual([2, undefined, [callsOf(cell), 1]]);
    expect(record.failed_attempts?.map(({ error: code }) => code)).toEqual([ending.code]);
  } else {
    expect(answer).toBeUndefined();
    expect(error).toMatchObject(door.refusal(ending.code));
    expect(error?.said ?? "").toBe("");
    expect(error?.message).not.toBe("");
    const attempts = options.calls(cell, ending);
    expect([record.attempts, record.error, calls]).toEqual([attempts, ending.code, [callsOf(cell) * attempts, 0]]);
    checkWait(ending, error?.retryAfterSeconds);
  }
}

/** Calls that the faulty provider sees: none where its address is at fault. */
function callsOf({ row }: Cell): number {
  return row.fault in FAULTS ? 1 : 0;
}

/** A date has whole seconds, and some of them may be gone. */
function checkWait({ retryAfterSeconds: wanted }: Ending & { is: "refused" }, told: number | undefined): void {
  if (wanted === undefined) return;
  expect(told).toBeGreaterThan(wanted - 10);
  expect(told).toBeLessThanOrEqual(wanted + 1);
}

function answerOf(script: Script): Canonical {
  return {
    text: script.text ?? "",
    reasoning: "",
    refusal: "",
    toolCalls: [],
    finish: script.finish,
    inputTokens: script.inputTokens,
    outputTokens: script.outputTokens,
  };
}
