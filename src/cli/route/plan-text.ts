import { Lane, type RoutePlan, type RouteTarget } from "../../sdk/index.js";
import { table } from "../plugin/table.js";

const NANO = 1_000_000_000;

/** A plan for people: what was decided, the targets in their order, those that are left out, and the rest in words. */
export function planText(plan: RoutePlan): string {
  const { model, route, strategy, targets, leftOut, notes, maxAttempts } = plan;
  const found = route === "" || route === model ? model : `${model} (${route})`;
  const tokens = plan.estimatedInputTokens === 0 ? "" : `, about ${plan.estimatedInputTokens} tokens`;
  const most = maxAttempts === 0 ? "" : `, at most ${maxAttempts} attempts`;
  const parts = [`${found}: ${strategy}${tokens}${most}\n\n`];
  parts.push(table(["", "TARGET", "FOR", "LANE", "COST", "NOW", "WHY"], targets.map(rowOf)));
  if (leftOut.length > 0) {
    parts.push(
      `\n${table(
        ["LEFT OUT", "WHY"],
        leftOut.map(({ target, reason }) => [target, reason]),
      )}`,
    );
  }
  if (notes.length > 0) parts.push(`\n${notes.map((note) => `${note}\n`).join("")}`);
  if (plan.configVersion !== "") parts.push(`\nConfiguration ${plan.configVersion}\n`);
  return parts.join("");
}

/** What is not known is a dash; a cost that is not known is not zero. */
function rowOf(target: RouteTarget, index: number): string[] {
  const { estimatedNanoDollars: cost, unavailable, inFlight, timeToFirstToken: first } = target;
  const ttft = first === undefined ? [] : [`${Math.round(Number(first.seconds) * 1000 + first.nanos / 1_000_000)} ms`];
  const running = inFlight === 0 ? [] : [`${inFlight} running`];
  return [
    String(index + 1),
    target.target,
    target.role === "" ? "route" : target.role.replaceAll("_", " "),
    target.lane === Lane.UNSPECIFIED ? "-" : Lane[target.lane].toLowerCase(),
    cost === undefined ? "-" : `$${(Number(cost) / NANO).toFixed(6)}`,
    unavailable ?? ([...running, ...ttft].join(", ") || "ready"),
    target.reason,
  ];
}
