import type { StoreConfig } from "../gen/parlance/config/v1/config_pb.js";
import { oneOf } from "./one-of.js";
import type { Report } from "./reporter.js";

/** Where things can be kept. */
const KINDS = ["sqlite", "memory"] as const;

const MIN_BYTES = 1024n * 1024n;
const MAX_DAYS = 3650;

/** Checks what is kept between requests, and where. */
export function checkStore(store: StoreConfig | undefined, report: Report): void {
  if (store === undefined) return;
  oneOf(store.kind, KINDS, ["store", "kind"], report);
  if (store.path === "") report(["store", "path"], "must not be empty. Leave it out for the usual folder.");
  const { maxBytes, keepDays } = store;
  if (maxBytes !== undefined && maxBytes < MIN_BYTES) report(["store", "max_bytes"], `must be ${MIN_BYTES} at least.`);
  if (keepDays !== undefined && (keepDays < 1 || keepDays > MAX_DAYS)) {
    report(["store", "keep_days"], `must be from 1 to ${MAX_DAYS}, not ${keepDays}.`);
  }
}
