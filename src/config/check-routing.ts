import type { RoutingConfig } from "../gen/parlance/config/v1/config_pb.js";
import { RoutingHintsSchema } from "../sdk/index.js";
import { millisecondsOf } from "./duration.js";
import { oneOf } from "./one-of.js";
import { checkPercent } from "./plain-checks.js";
import type { Report } from "./reporter.js";

/** Checks what callers may wish, and how times are measured. */
export function checkRouting(routing: RoutingConfig | undefined, report: Report): void {
  const wishes = RoutingHintsSchema.fields.map(({ name }) => name);
  routing?.allow.forEach((wish, index) => {
    oneOf(wish, wishes, ["routing", "allow", index], report);
  });
  const { halfLife, explorePercent } = routing?.latency ?? {};
  if (millisecondsOf(halfLife, 1) <= 0) report(["routing", "latency", "half_life"], "must be longer than nothing.");
  checkPercent(explorePercent, ["routing", "latency", "explore_percent"], report);
}
