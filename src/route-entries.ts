import { DEFAULTS } from "./config/defaults.js";
import { millisecondsOf } from "./config/duration.js";
import { timeWindowOf } from "./config/time-window.js";
import { priceOf } from "./core/pricing.js";
import type { Verdict } from "./core/target.js";
import type {
  CascadeConfig,
  ConditionConfig,
  Config,
  HedgeConfig,
  ModelConfig,
  TargetConfig,
} from "./gen/parlance/config/v1/config_pb.js";
import { retryPolicyOf } from "./retry-policy-of.js";
import { type Condition, createCondition } from "./routing/condition.js";
import type { CanaryView, ModelEntry, TargetEntry } from "./routing/route-entry.js";
import type { RouteDefaults } from "./routing/routes.js";
import type { StickyBy } from "./routing/sticky.js";
import { isStrategy } from "./routing/strategy-name.js";
import { FinishReason } from "./sdk/index.js";

/** Gives the canary of a member of a route. `route`: the model's name. */
export type CanaryOf = (route: string, member: string) => CanaryView | undefined;

/** The configured models as routing takes them, with the defaults. The check has seen to it that the words are known. */
export function routeEntries(config: Config, canaryOf: CanaryOf): ModelEntry[] {
  const usual = routeDefaults(config);
  return Object.entries(config.models).map(([name, model]) => entryOf(name, model, usual, canaryOf));
}

/** What is as usual where a model says nothing. */
export function routeDefaults({ resilience }: Config): RouteDefaults {
  return { retry: retryPolicyOf(resilience?.retry), verdict: verdictOf(undefined) };
}

function entryOf(name: string, model: ModelConfig, usual: RouteDefaults, canaryOf: CanaryOf): ModelEntry {
  const strategy = model.strategy ?? DEFAULTS.strategy;
  return {
    name,
    strategy: isStrategy(strategy) ? strategy : undefined,
    strict: model.strict,
    alias: model.alias,
    fallbacks: model.fallbacks,
    contextFallbacks: model.contextFallbacks,
    contentFallbacks: model.contentFallbacks,
    sticky: model.sticky === undefined ? undefined : stickyOf(model.sticky),
    verdict: verdictOf(model.cascade),
    hedge: model.hedge && hedgeOf(model.hedge),
    shadows: model.shadows.map((shadow) => ({
      provider: shadow.provider,
      model: shadow.model,
      percent: shadow.percent ?? DEFAULTS.shadowPercent,
      keepText: shadow.keepText ?? false,
      maxInFlight: shadow.maxInFlight ?? DEFAULTS.shadowMaxInFlight,
    })),
    onCut: (model.onCut ?? DEFAULTS.onCut) === "continue" ? "continue" : "fail",
    retry: retryPolicyOf(model.retry, usual.retry),
    timeoutMs: model.timeout && millisecondsOf(model.timeout, 0),
    targets: model.targets.map((target) => targetOf(name, target, canaryOf)),
  };
}

function targetOf(route: string, target: TargetConfig, canaryOf: CanaryOf): TargetEntry {
  const name = target.route ?? `${target.provider}/${target.model}`;
  return {
    provider: target.provider,
    model: target.model,
    priority: target.priority ?? 0,
    price: target.price && priceOf(target.price),
    route: target.route,
    weight: target.weight ?? DEFAULTS.targetWeight,
    region: target.region,
    tags: target.tags,
    when: target.when && conditionOf(target.when),
    canary: target.canary && canaryOf(route, name),
  };
}

function conditionOf({ model, minTokens, maxTokens, modalities, tags, headers, time }: ConditionConfig): Condition {
  return createCondition({
    model,
    minTokens,
    maxTokens,
    modalities,
    tags,
    headers: Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value] as const),
    time: time && timeWindowOf(time),
  });
}

function stickyOf(text: string): StickyBy {
  return text === "key" || text === "user" ? text : { header: text.slice("header:".length).toLowerCase() };
}

function hedgeOf({ after, maxPercent }: HedgeConfig): ModelEntry["hedge"] {
  return {
    afterMs: after && millisecondsOf(after, 0),
    maxPercent: maxPercent ?? DEFAULTS.hedgeMaxPercent,
  };
}

const FINISHES: Readonly<Record<string, FinishReason>> = {
  length: FinishReason.LENGTH,
  content_filter: FinishReason.CONTENT_FILTER,
  tool_calls: FinishReason.TOOL_CALLS,
  error: FinishReason.ERROR,
};

function verdictOf(cascade: CascadeConfig | undefined): Verdict {
  const named = cascade === undefined || cascade.finish.length === 0 ? ["length", "content_filter"] : cascade.finish;
  return {
    finish: new Set(named.flatMap((finish) => FINISHES[finish] ?? [])),
    schema: cascade?.schema ?? true,
    guardrail: cascade?.guardrail ?? true,
  };
}
