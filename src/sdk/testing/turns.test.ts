import { describe, expect, it } from "vitest";
import { createTurns } from "./turns.js";

describe("turns", () => {
  it("let what must be alone wait for the others, and the others for it", async () => {
    const { beside, alone } = createTurns();
    const told: string[] = [];
    const ends: (() => void)[] = [];
    const run = (name: string) => async () => {
      told.push(`${name} begins`);
      await new Promise<void>((resolve) => ends.push(resolve));
      told.push(`${name} ends`);
    };
    const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
    const all = [beside(run("one")), beside(run("two"))];
    await turn();
    all.push(alone(run("alone")), alone(run("also alone")), beside(run("three")));
    for (let next = 0; next < 5; next += 1) {
      await turn();
      ends[next]?.();
    }
    await Promise.all(all);
    expect(told).toEqual([
      "one begins",
      "two begins",
      "one ends",
      "two ends",
      "alone begins",
      "alone ends",
      "also alone begins",
      "also alone ends",
      "three begins",
      "three ends",
    ]);
  });

  it("go on after a failure, which is told to whom it belongs", async () => {
    const { beside, alone } = createTurns();
    await expect(alone(() => Promise.reject(new Error("alone")))).rejects.toThrow("alone");
    await expect(beside(() => Promise.reject(new Error("beside")))).rejects.toThrow("beside");
    expect(await alone(() => Promise.resolve(1))).toBe(1);
  });
});
