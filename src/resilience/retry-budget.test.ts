import { describe, expect, it } from "vitest";
import { createFakeTime } from "../../test/support/fake-time.js";
import { retryPolicy } from "../../test/support/retry-policy.js";
import { RetryBudgets } from "./retry-budget.js";

const policy = retryPolicy({ budgetPercent: 20, minRetries: 2 });

function spent(budgets: RetryBudgets, target: string): number {
  let count = 0;
  while (count < 1000 && budgets.spend(target, policy)) count += 1;
  return count;
}

describe("a target's retry budget", () => {
  it("is a few retries in ten seconds where little is asked of it", async () => {
    const time = createFakeTime();
    const budgets = new RetryBudgets(time.clock);
    expect(spent(budgets, "a/m")).toBe(2);
    await time.pass(9000);
    expect(spent(budgets, "a/m")).toBe(0);
    await time.pass(1000);
    expect(spent(budgets, "a/m")).toBe(2);
  });

  it("is a share of its first attempts of the last ten seconds", async () => {
    const time = createFakeTime();
    const budgets = new RetryBudgets(time.clock);
    expect(spent(budgets, "a/m")).toBe(2);
    for (let second = 0; second < 10; second += 1) {
      for (let i = 0; i < 10; i += 1) budgets.began("a/m");
      if (second < 9) await time.pass(1000);
    }
    // Of a hundred and one attempts, two retries are made.
    expect(spent(budgets, "a/m")).toBe(19);
    await time.pass(60_000);
    expect(spent(budgets, "a/m")).toBe(2);
  });

  it("is its own", () => {
    const budgets = new RetryBudgets(createFakeTime().clock);
    expect(spent(budgets, "a/m")).toBe(2);
    expect(spent(budgets, "b/m")).toBe(2);
  });

  it("is remembered of so many targets at most, however many names callers make up", () => {
    const budgets = new RetryBudgets(createFakeTime().clock);
    expect(spent(budgets, "a/m")).toBe(2);
    for (let i = 0; i < 999; i += 1) budgets.spend(`a/made-up-${i}`, policy);
    expect(spent(budgets, "a/m")).toBe(0);
    budgets.spend("a/one-more", policy);
    expect(spent(budgets, "a/m")).toBe(2);
  });

  it("keeps the load on a target that fails throughout to a fifth more than was asked of it", async () => {
    const time = createFakeTime();
    const budgets = new RetryBudgets(time.clock);
    let retries = 0;
    for (let i = 0; i < 1000; i += 1) {
      budgets.began("a/m");
      if (budgets.spend("a/m", policy)) retries += 1;
      await time.pass(5);
    }
    expect(retries).toBeGreaterThan(190);
    expect(retries).toBeLessThanOrEqual(201);
  }, 20_000);
});
