import type { RetryConfig } from "../gen/parlance/config/v1/config_pb.js";
import { ERRORS, nearest } from "../sdk/index.js";
import { oneOf } from "./one-of.js";
import { checkWhole } from "./plain-checks.js";
import type { Path } from "./problem.js";
import type { Report } from "./reporter.js";

const AT = ["last", "each"];
const ACTIONS = ["retry", "next", "stop"];

/** Checks retries and waits, of a model or of all. */
export function checkRetry(retry: RetryConfig, path: Path, report: Report): void {
  checkWhole(retry.retries, 0, [...path, "retries"], report);
  oneOf(retry.at, AT, [...path, "at"], report);
  checkWhole(retry.maxAttempts, 1, [...path, "max_attempts"], report);
  checkWhole(retry.budgetPercent, 0, [...path, "budget_percent"], report);
  checkWhole(retry.minRetries, 0, [...path, "min_retries"], report);
  for (const [code, action] of Object.entries(retry.on)) {
    const [near] = nearest(code, Object.keys(ERRORS));
    if (!Object.hasOwn(ERRORS, code)) report([...path, "on", code], `There is no error code "${code}".`, near);
    oneOf(action, ACTIONS, [...path, "on", code], report);
  }
}
