import type { RetryConfig } from "../gen/parlance/config/v1/config_pb.js";
import { ERRORS, nearest } from "../sdk/index.js";
import { oneOf } from "./one-of.js";
import type { Path } from "./problem.js";
import type { Report } from "./reporter.js";

const PLACES = ["last", "each"];
const ACTIONS = ["retry", "next", "stop"];

/** Checks retries and waits, wherever they are written. */
export function checkRetry(retry: RetryConfig | undefined, path: Path, report: Report): void {
  if (retry === undefined) return;
  const { retries, at, maxAttempts, budgetPercent, minRetries } = retry;
  for (const [name, value, least] of [
    ["retries", retries, 0],
    ["max_attempts", maxAttempts, 1],
    ["budget_percent", budgetPercent, 0],
    ["min_retries", minRetries, 0],
  ] as const) {
    if (value !== undefined && value < least) report([...path, name], `must be ${least} or more, not ${value}.`);
  }
  oneOf(at, PLACES, [...path, "at"], report);
  for (const [code, action] of Object.entries(retry.on)) {
    const [near] = nearest(code, Object.keys(ERRORS));
    if (!Object.hasOwn(ERRORS, code)) report([...path, "on", code], `There is no error code "${code}".`, near);
    oneOf(action, ACTIONS, [...path, "on", code], report);
  }
}
