import { describe, expect, it } from "vitest";
import { weightedTurns } from "./weighted-turns.js";

function run(weights: readonly number[], turns: number, excluded?: ReadonlySet<number>): (number | undefined)[] {
  const taken = weightedTurns(weights);
  return Array.from({ length: turns }, () => taken.next(excluded));
}

const count = (places: readonly (number | undefined)[], place: number): number =>
  places.filter((each) => each === place).length;

describe("turns by weight", () => {
  it("are spread smoothly", () => {
    expect(run([5, 1, 1], 7)).toEqual([0, 0, 1, 0, 2, 0, 0]);
  });

  it.each([[[1, 1]], [[3, 1]], [[70, 20, 10]], [[1, 2, 3, 4]], [[7, 0, 2]]])("have exact shares: %j", (weights) => {
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    const places = run(weights, total * 10);
    // Of every window of that length, not only of the first.
    for (let start = 0; start < places.length - total; start += 1) {
      const window = places.slice(start, start + total);
      expect(weights.map((_, place) => count(window, place))).toEqual(weights);
    }
  });

  it("go to a place of weight 0 only when no other is left", () => {
    expect(new Set(run([2, 1, 0], 30))).toEqual(new Set([0, 1]));
    expect(run([2, 1, 0], 3, new Set([0, 1]))).toEqual([2, 2, 2]);
    const spare = run([1, 0, 0], 10, new Set([0]));
    expect([count(spare, 1), count(spare, 2)]).toEqual([5, 5]);
  });

  it("keep their shares among those that are left", () => {
    const places = run([5, 3, 1], 40, new Set([0]));
    expect([0, 1, 2].map((place) => count(places, place))).toEqual([0, 30, 10]);
  });

  it("end when every place is excluded", () => {
    expect(run([1], 1, new Set([0]))).toEqual([undefined]);
    expect(run([1, 1], 1, new Set([0, 1]))).toEqual([undefined]);
    expect(run([1], 3)).toEqual([0, 0, 0]);
  });
});
