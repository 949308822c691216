import { DEFAULTS } from "./config/defaults.js";
import { millisecondsOf } from "./config/duration.js";
import type { CanaryConfig, Config, ModelConfig, TargetConfig } from "./gen/parlance/config/v1/config_pb.js";
import type { CanaryEntry } from "./routing/canaries.js";
import type { CanaryPolicy } from "./routing/canary.js";

/** The canaries of a checked configuration, with the defaults. */
export function canaryEntries({ models }: Config): CanaryEntry[] {
  return Object.entries(models).flatMap(([route, model]) =>
    model.targets.flatMap((target) =>
      target.canary === undefined
        ? []
        : [
            {
              route,
              member: memberName(target),
              targets: [...targetsOf(target, models, new Set())],
              policy: policyOf(target.canary),
            },
          ],
    ),
  );
}

/** How a member of a route is called there. */
function memberName({ provider, model, route }: TargetConfig): string {
  return route ?? `${provider}/${model}`;
}

/** The targets at which attempts of a member are made: of a group all that stand in it. */
function targetsOf(
  target: TargetConfig,
  models: Readonly<Record<string, ModelConfig>>,
  seen: Set<string>,
): ReadonlySet<string> {
  if (target.route === undefined) return new Set([memberName(target)]);
  if (seen.has(target.route)) return new Set();
  seen.add(target.route);
  return new Set((models[target.route]?.targets ?? []).flatMap((inner) => [...targetsOf(inner, models, seen)]));
}

function policyOf({ steps, maxErrorPercent, maxTtft, minAttempts }: CanaryConfig): CanaryPolicy {
  return {
    steps: steps.map(({ percent, duration }) => ({
      percent,
      durationMs: duration && millisecondsOf(duration, 0),
    })),
    maxErrorPercent: maxErrorPercent ?? DEFAULTS.canaryMaxErrorPercent,
    maxTtftMs: maxTtft && millisecondsOf(maxTtft, 0),
    minAttempts: minAttempts ?? DEFAULTS.canaryMinAttempts,
  };
}
