import type { Duration } from "@bufbuild/protobuf/wkt";
import { durationMs } from "@bufbuild/protobuf/wkt";
import type { ServiceImpl } from "@connectrpc/connect";
import type { Target } from "../gen/parlance/admin/v1/target_pb.js";
import type { TargetService } from "../gen/parlance/admin/v1/target_service_pb.js";
import { invalid, nearest, ParlanceError } from "../sdk/index.js";
import type { TargetDesk } from "./target-desk.js";
import type { TargetFacts } from "./target-facts.js";
import { watch } from "./watch.js";

/** Where the methods of `parlance.admin.v1.TargetService` are in REST. */
export const targetRoutes = {
  watchTargets: "GET /admin/v1/targets:watch",
  listTargets: "GET /admin/v1/targets",
  getTarget: "GET /admin/v1/targets/{name=**}",
  tripTarget: "POST /admin/v1/targets/{name=**}:trip",
  resetTarget: "POST /admin/v1/targets/{name=**}:reset",
  drainTarget: "POST /admin/v1/targets/{name=**}:drain",
} as const satisfies Record<keyof typeof TargetService.method, string>;

/** `parlance.admin.v1.TargetService` over the targets of the gateway. Throws `ParlanceError`s. */
export function targetService(desk: TargetDesk, facts: TargetFacts): ServiceImpl<typeof TargetService> {
  return {
    listTargets({ provider, model }) {
      checkName(
        "provider",
        provider,
        facts.providers().map(({ name }) => name),
      );
      checkName("model", model, Object.keys(facts.models()));
      const targets = desk
        .list()
        .filter((target) => provider === "" || target.provider === provider)
        .filter((target) => model === "" || target.models.includes(model));
      return { targets };
    },
    getTarget: ({ name }) => ({ target: desk.get(name) }),
    async *watchTargets({ provider }, { signal }) {
      checkName(
        "provider",
        provider,
        facts.providers().map(({ name }) => name),
      );
      const all = (): (readonly [string, Target])[] =>
        desk
          .list()
          .filter((target) => provider === "" || target.provider === provider)
          .map((target) => [target.name, target]);
      const watched = { all, key: stateOf, onChange: facts.states.onChange };
      for await (const target of watch(watched, signal, facts.stopping)) yield { target };
    },
    tripTarget: ({ name, duration }) => ({ target: desk.trip(name, millisecondsOf(duration)) }),
    resetTarget: ({ name }) => ({ target: desk.reset(name) }),
    drainTarget: ({ name }) => ({ target: desk.drain(name) }),
  };
}

/** What of a target is told anew when it changes: not its counts, which every call changes. */
export function stateOf({ name, breaker, breakerReason, drained, credentials, restsUntil, models }: Target): string {
  const out = credentials.map((credential) => (credential.available ? "" : credential.name));
  return JSON.stringify([name, breaker, breakerReason, drained, out, restsUntil !== undefined, models]);
}

function checkName(field: string, name: string, known: readonly string[]): void {
  if (name === "" || known.includes(name)) return;
  const suggestions = nearest(name, known);
  const near = suggestions.length === 0 ? "" : ` Near names: ${suggestions.join(", ")}.`;
  throw new ParlanceError("not_found", `There is no ${field} "${name}".${near}`, { suggestions });
}

/** Longer ones would be no time but for ever. */
const LONGEST_TRIP_MS = 365 * 24 * 60 * 60 * 1000;

function millisecondsOf(duration: Duration | undefined): number | undefined {
  if (duration === undefined) return undefined;
  const ms = durationMs(duration);
  if (ms > 0 && ms <= LONGEST_TRIP_MS) return ms;
  throw invalid("duration", "duration must be longer than 0 and no longer than a year.");
}
