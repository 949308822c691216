import type { RetryPolicy, RoutePolicy, ShadowPolicy } from "../core/route-policy.js";
import type { ProviderHandle, Target, Verdict } from "../core/target.js";
import type { Price } from "../core/pricing.js";
import { closestGlob } from "../sdk/index.js";
import type { Member, Route } from "./route.js";
import type { ModelEntry, TargetEntry } from "./route-entry.js";
import { filledIn } from "./star.js";
import { Turns } from "./turns.js";

/** Makes a target of a provider. */
export type MakeTarget = (
  provider: ProviderHandle,
  upstreamModel: string,
  written: Price | undefined,
  strict: boolean,
) => Target;

/** The routes of one snapshot, by the names that clients use. */
export interface Routes {
  /** The route of a configured name, of one that a pattern stands for, or of `provider/model`; undefined when there is none. */
  find(name: string): Route | undefined;
}

/** What is as usual where a model says nothing. */
export interface RouteDefaults {
  readonly retry: RetryPolicy;
  readonly verdict: Verdict;
}

// Names that come from clients: what is remembered of them must not grow with them.
const MAX_REMEMBERED = 10_000;

/**
 * Compiles the configured models. An exact name wins; then a pattern that names a provider or another path, as in
 * `openai/*`; then `provider/model` itself; then any other pattern, the one with the longest text before its first `*`.
 */
export function createRoutes(
  providers: ReadonlyMap<string, ProviderHandle>,
  entries: readonly ModelEntry[],
  makeTarget: MakeTarget,
  defaults: RouteDefaults,
): Routes {
  const byName = new Map(entries.map((entry) => [entry.name, entry]));
  const patterns = [...byName.keys()].filter((name) => name.includes("*"));
  const paths = patterns.filter((name) => name.slice(0, name.indexOf("*")).includes("/"));
  const turns = new Map(entries.map(({ name }) => [name, new Turns()]));
  const configured = new Map<string, Route>();
  const remembered = new Map<string, Route>();
  /** Those that are being compiled, so that a circle is an error and not the end of the stack. */
  const open = new Set<string>();

  const memberOf = (
    entry: TargetEntry,
    place: number,
    fill: (text: string) => string,
    strict: boolean,
  ): Member | undefined => {
    const common = {
      place,
      weight: entry.weight ?? 1,
      region: entry.region,
      // Who may only be asked for by a tag has it.
      tags: [...(entry.tags ?? []), ...(entry.when?.tags ?? [])],
      when: entry.when,
      canary: entry.canary,
    };
    if (entry.route !== undefined) {
      const group = find(entry.route);
      return group && { ...common, name: entry.route, target: undefined, group, targets: group.targets };
    }
    const provider = providers.get(entry.provider);
    if (provider === undefined) return undefined;
    const target = makeTarget(provider, fill(entry.model), entry.price, strict);
    return { ...common, name: target.name, target, group: undefined, targets: [target] };
  };

  const compile = (entry: ModelEntry, asked: string): Route => {
    const fill = filledIn(entry.name, asked);
    const strict = entry.strict === true;
    const members = entry.targets
      .map((target, place) => ({ priority: target.priority, member: memberOf(target, place, fill, strict) }))
      .sort((a, b) => a.priority - b.priority)
      .flatMap(({ member }) => member ?? []);
    const shadows = (entry.shadows ?? []).flatMap(({ provider: name, model, ...how }): ShadowPolicy[] => {
      const provider = providers.get(name);
      if (provider === undefined) return [];
      const target = makeTarget(provider, fill(model), undefined, strict);
      return [{ ...how, target, name: `${entry.name} > ${name}/${model}` }];
    });
    return routeOf(entry, members, shadows);
  };

  const routeOf = (entry: ModelEntry, members: readonly Member[], shadows: readonly ShadowPolicy[]): Route => {
    const { name, fallbacks = [], contextFallbacks = [], contentFallbacks = [] } = entry;
    const policy: RoutePolicy = {
      retry: entry.retry ?? defaults.retry,
      hedge: entry.hedge && { ...entry.hedge, route: name },
      shadows,
      onCut: entry.onCut ?? "fail",
      timeoutMs: entry.timeoutMs,
      contextFallbacks: noFallbacks,
      contentFallbacks: noFallbacks,
    };
    const targets = distinct(members.flatMap((member) => member.targets));
    const [only] = members;
    const decided =
      only?.target === undefined ||
      members.length > 1 ||
      only.when !== undefined ||
      only.canary !== undefined ||
      fallbacks.length + contextFallbacks.length + contentFallbacks.length > 0;
    return {
      name,
      strategy: entry.strategy ?? "priority",
      members,
      targets,
      constant: decided
        ? undefined
        : Object.freeze([Object.freeze({ target: only.target, reason: "the only target" })]),
      selective: members.some(({ when, group }) => when !== undefined || group?.selective === true),
      policy,
      fallbacks,
      contextFallbacks,
      contentFallbacks,
      sticky: entry.sticky,
      verdict: entry.verdict ?? defaults.verdict,
      turns: turns.get(name) ?? new Turns(),
    };
  };

  /** A route of an entry: one for all names, unless its targets depend on what was asked for. */
  const ofEntry = (entry: ModelEntry, asked: string): Route | undefined => {
    const known = configured.get(entry.name);
    if (known !== undefined) return known;
    if (open.has(entry.name)) throw new Error(`the model "${entry.name}" stands for itself`);
    open.add(entry.name);
    try {
      const route = entry.alias === undefined ? compile(entry, asked) : find(entry.alias);
      if (route !== undefined && !dependsOnName(entry)) configured.set(entry.name, route);
      return route;
    } finally {
      open.delete(entry.name);
    }
  };

  const direct = (name: string): Route | undefined => {
    const slash = name.indexOf("/");
    if (slash <= 0 || slash === name.length - 1) return undefined;
    const provider = providers.get(name.slice(0, slash));
    if (provider === undefined) return undefined;
    const entry: TargetEntry = { provider: provider.name, model: name.slice(slash + 1), priority: 0, price: undefined };
    const member = memberOf(entry, 0, (text) => text, false);
    return member && routeOf({ name, targets: [entry] }, [member], []);
  };

  const ofPattern = (among: readonly string[], name: string): Route | undefined => {
    const pattern = closestGlob(among, name);
    return pattern === undefined ? undefined : ofEntry(byName.get(pattern) as ModelEntry, name);
  };

  const find = (name: string): Route | undefined => {
    const exact = configured.get(name) ?? remembered.get(name);
    if (exact !== undefined) return exact;
    const entry = byName.get(name);
    // A pattern's own name is not asked for.
    if (entry !== undefined && !name.includes("*")) return ofEntry(entry, name);
    const route = ofPattern(paths, name) ?? direct(name) ?? ofPattern(patterns, name);
    if (route === undefined) return undefined;
    if (remembered.size >= MAX_REMEMBERED) remembered.delete(remembered.keys().next().value as string);
    remembered.set(name, route);
    return route;
  };

  for (const { name } of entries) if (!name.includes("*")) find(name);
  return { find };
}

function dependsOnName({ name, targets, shadows = [] }: ModelEntry): boolean {
  return name.includes("*") && [...targets, ...shadows].some(({ model }) => model.includes("*"));
}

function distinct(targets: readonly Target[]): Target[] {
  return targets.filter((target, index) => targets.findIndex(({ name }) => name === target.name) === index);
}

const noFallbacks = (): readonly never[] => [];
