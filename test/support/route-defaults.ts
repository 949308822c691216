import type { RouteDefaults } from "../../src/routing/routes.js";
import { FinishReason } from "../../src/sdk/index.js";

/** What is as usual where a model says nothing, as a gateway without a configuration has it. */
export const usualRoutes: RouteDefaults = {
  retry: {
    retries: 1,
    at: "last",
    backoffMs: 250,
    maxBackoffMs: 8000,
    maxWaitMs: 30_000,
    maxWaitBeforeNextMs: 1000,
    maxAttempts: 8,
    budgetPercent: 20,
    minRetries: 10,
    on: new Map(),
  },
  verdict: { finish: new Set([FinishReason.LENGTH, FinishReason.CONTENT_FILTER]), schema: true, guardrail: true },
};
