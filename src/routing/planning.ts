import type { RoutePolicy } from "../core/route-policy.js";
import type { Exchange } from "../core/exchange.js";
import type { Plan, PlannedTarget, Target } from "../core/target.js";
import type { Asked } from "./asked.js";
import { lacking, type Demands } from "./demands.js";
import type { LeftOut } from "./left-out.js";
import type { Member, Route } from "./route.js";
import { STRATEGIES } from "./strategies/strategies.js";
import type { StrategyName } from "./strategy-name.js";
import { steadyDraw, stickyKey } from "./sticky.js";

/** What planning stands on. */
export interface PlanningOptions {
  /** From 0 up to and without 1. */
  readonly random: () => number;
  /** Share of requests, from 0 to 1, by which `lowest_latency` tries a target that seems slower. */
  readonly explore: number;
}

/** What the groups around a target say of it. */
interface Around {
  readonly region: string | undefined;
  readonly tags: readonly string[];
  /** Begins every reason. */
  readonly prefix: string;
}

const NOTHING_AROUND: Around = { region: undefined, tags: [], prefix: "" };

/** The making of one exchange's plan: which targets, in which order, and why. */
export class Planning {
  /** Those that are not asked. */
  readonly leftOut: LeftOut[] = [];
  readonly exchange: Exchange;
  readonly #options: PlanningOptions;
  readonly #asked: Asked;
  readonly #demands: Demands | undefined;
  readonly #wishes: boolean;

  constructor(options: PlanningOptions, exchange: Exchange, asked: Asked, demands: Demands | undefined) {
    this.#options = options;
    this.exchange = exchange;
    this.#asked = asked;
    this.#demands = demands;
    const { routing } = exchange;
    this.#wishes =
      routing !== undefined &&
      (routing.excludeProviders.length > 0 || routing.tags.length > 0 || routing.region !== undefined);
  }

  /** The targets of a route in the order in which they are to be asked; preferred providers first. */
  order(route: Route, strategy: StrategyName, role?: string): PlannedTarget[] {
    const around = role === undefined ? NOTHING_AROUND : { ...NOTHING_AROUND, prefix: role };
    const planned = this.#preferredFirst(this.#arrange(route, strategy, around));
    if (strategy === "cascade") judge(planned, route);
    return planned;
  }

  /** Adds to a plan the targets that are not in it. */
  static add(plan: PlannedTarget[], more: readonly PlannedTarget[]): void {
    for (const planned of more) {
      if (!plan.some(({ target }) => target.name === planned.target.name)) plan.push(planned);
    }
  }

  #arrange(route: Route, strategy: StrategyName, around: Around): PlannedTarget[] {
    const members = this.#admitted(route, around);
    if (members.length === 0) return [];
    const ready = members.filter(isReady);
    const sticky = strategy === "weighted" || hasCanary(members) ? stickyKey(this.exchange, route.sticky) : undefined;
    const planned: PlannedTarget[] = [];
    const append = (some: readonly Member[], peek: boolean): void => {
      if (some.length === 0) return;
      const { first, others, last } = this.#canaries(some, sticky);
      const placed =
        others.length === 0
          ? []
          : STRATEGIES[strategy]({
              members: others,
              asked: this.#asked,
              random: this.#options.random,
              turns: route.turns,
              peek,
              sticky,
              explore: this.#options.explore,
            });
      for (const member of first) this.#append(planned, member, `its share as a canary${this.#tell(member)}`, around);
      for (const { member, reason } of placed) this.#append(planned, member, reason, around);
      for (const member of last) {
        this.#append(planned, member, `fallback, as its share as a canary is used up${this.#tell(member)}`, around);
      }
    };
    append(ready, this.exchange.explain !== undefined);
    // A target that is not available takes no turn.
    append(ready.length === members.length ? [] : members.filter((member) => !isReady(member)), ready.length > 0);
    return availableFirst(planned);
  }

  #append(planned: PlannedTarget[], member: Member, why: string, around: Around): void {
    const reason = around.prefix + why;
    const { target, group } = member;
    if (target !== undefined) {
      const unavailable = target.view.unavailable();
      Planning.add(planned, [
        { target, reason: unavailable === undefined ? reason : `${reason}; not available now: ${unavailable.reason}` },
      ]);
    } else if (group !== undefined) {
      const within = {
        region: member.region ?? around.region,
        tags: [...around.tags, ...member.tags],
        prefix: `${reason}, in ${group.name}: `,
      };
      const block = this.#arrange(group, group.strategy, within);
      if (group.strategy === "cascade") judge(block, group);
      Planning.add(planned, block);
    }
  }

  /** The members that this request may go to; all of them, without a copy, where nothing is to be decided. */
  #admitted(route: Route, around: Around): readonly Member[] {
    if (!this.#wishes && this.#demands === undefined && !route.selective) return route.members;
    return route.members.filter((member) => this.#admits(member, around));
  }

  #admits(member: Member, around: Around): boolean {
    const { target, group, when } = member;
    const unmet = when?.unmet(this.#asked);
    if (unmet !== undefined) {
      for (const { name } of member.targets) {
        this.#leaveOut({ target: name, reason: unmet.reason, kind: "condition", field: unmet.field });
      }
      return false;
    }
    const within: Around = {
      region: member.region ?? around.region,
      tags: around.tags.length === 0 ? member.tags : [...around.tags, ...member.tags],
      prefix: "",
    };
    if (group !== undefined) {
      // Each of them, so that each has its reason.
      return group.members.filter((one) => this.#admits(one, within)).length > 0;
    }
    const reason = target && (this.#wishedAway(target, within) ?? this.#unable(target));
    if (reason === undefined) return true;
    this.#leaveOut(reason);
    return false;
  }

  #wishedAway({ name, provider }: Target, { region, tags }: Around): LeftOut | undefined {
    const { routing } = this.exchange;
    if (!this.#wishes || routing === undefined) return undefined;
    const wish = (field: string, reason: string): LeftOut => ({ target: name, reason, kind: "wish", field });
    if (routing.excludeProviders.includes(provider.name)) {
      return wish("routing.exclude_providers", "excluded by routing.exclude_providers");
    }
    if (routing.region !== undefined && routing.region !== region) {
      const where = region === undefined ? "tells no region" : `is in the region ${region}`;
      return wish("routing.region", `${where}, and routing.region asks for ${routing.region}`);
    }
    const missing = routing.tags.filter((tag) => !tags.includes(tag));
    return missing.length === 0
      ? undefined
      : wish("routing.tags", `has not the tag ${missing.join(", ")} of routing.tags`);
  }

  #unable(target: Target): LeftOut | undefined {
    const lack = this.#demands && lacking(target, this.#demands);
    return lack && { target: target.name, ...lack };
  }

  #leaveOut(left: LeftOut): void {
    if (!this.leftOut.some(({ target }) => target === left.target)) this.leftOut.push(left);
  }

  /** Members that are let in by steps: before all others as often as their share says, else behind them. */
  #canaries(members: readonly Member[], sticky: string | undefined) {
    if (!hasCanary(members)) return { first: [], others: members, last: [] };
    const first: Member[] = [];
    const last: Member[] = [];
    // Shares are of all requests: one draw decides between several canaries.
    let drawn = sticky === undefined ? this.#options.random() : steadyDraw(sticky, "canary");
    for (const member of members) {
      if (member.canary === undefined) continue;
      const share = member.canary.share();
      if (first.length === 0 && drawn < share) first.push(member);
      else last.push(member);
      drawn -= share;
    }
    return { first, others: members.filter((member) => member.canary === undefined), last };
  }

  /** How a canary does, for who asks why it stands where it does. */
  #tell({ canary }: Member): string {
    return canary === undefined || this.exchange.explain === undefined ? "" : ` (${canary.words()})`;
  }

  /** Moves the targets of preferred providers to the front, in the caller's order. */
  #preferredFirst(planned: PlannedTarget[]): PlannedTarget[] {
    const preferred = this.exchange.routing?.preferredProviders;
    if (preferred === undefined || preferred.length === 0) return planned;
    const rank = ({ target }: PlannedTarget): number => {
      const index = preferred.indexOf(target.provider.name);
      return index === -1 ? preferred.length : index;
    };
    return planned
      .map((entry) =>
        rank(entry) < preferred.length ? { ...entry, reason: `preferred by the caller, ${entry.reason}` } : entry,
      )
      .sort((a, b) => rank(a) - rank(b));
  }
}

function isReady({ targets }: Member): boolean {
  for (const { view } of targets) if (view.unavailable() === undefined) return true;
  return false;
}

function hasCanary(members: readonly Member[]): boolean {
  return members.some(({ canary }) => canary !== undefined);
}

/** Groups may hold targets that are not available before others that are. */
function availableFirst(planned: PlannedTarget[]): PlannedTarget[] {
  const isAvailable = ({ target }: PlannedTarget): boolean => target.view.unavailable() === undefined;
  let behind = false;
  for (const entry of planned) {
    if (!isAvailable(entry)) behind = true;
    else if (behind) return [...planned.filter(isAvailable), ...planned.filter((one) => !isAvailable(one))];
  }
  return planned;
}

/** Has the answers of a cascade judged, but for those of the last target that is available: nobody is asked after it. */
function judge(planned: PlannedTarget[], { verdict }: Route): void {
  let last = planned.length - 1;
  while (last > 0 && planned[last]?.target.view.unavailable() !== undefined) last -= 1;
  for (let i = 0; i < last; i += 1) planned[i] = { ...(planned[i] as PlannedTarget), verdict };
}

/** What a route wants done around its attempts, with what the caller wishes of it. */
export function policyOf(
  { policy, contextFallbacks, contentFallbacks }: Route,
  { routing }: Exchange,
  planOf: (names: readonly string[], role: string) => Plan,
): RoutePolicy {
  const context = listed(routing?.contextFallbacks, contextFallbacks);
  const content = listed(routing?.contentFallbacks, contentFallbacks);
  const most = routing?.maxAttempts;
  const onCut = routing?.onCut as RoutePolicy["onCut"] | undefined;
  if (context.length + content.length === 0 && most === undefined && onCut === undefined) return policy;
  return {
    ...policy,
    onCut: onCut ?? policy.onCut,
    retry:
      most === undefined || most >= policy.retry.maxAttempts ? policy.retry : { ...policy.retry, maxAttempts: most },
    contextFallbacks: () => planOf(context, "for long conversations,"),
    contentFallbacks: () => planOf(content, "for declined content,"),
  };
}

function listed(wished: readonly string[] | undefined, written: readonly string[]): readonly string[] {
  return wished === undefined || wished.length === 0 ? written : wished;
}
