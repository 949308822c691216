import { matchesGlob } from "../sdk/index.js";
import type { Asked, Modality } from "./asked.js";
import { createTimeWindow, type TimeWindow } from "./time-window.js";

/** Which requests a target takes, as it is configured. */
export interface ConditionEntry {
  readonly model?: string | undefined;
  readonly minTokens?: number | undefined;
  readonly maxTokens?: number | undefined;
  /** One of them must be in the request. Empty means anything. */
  readonly modalities: readonly string[];
  /** All of them must be given. */
  readonly tags: readonly string[];
  /** Lower-case names, and patterns of values. */
  readonly headers: readonly (readonly [string, string])[];
  readonly time?: TimeWindow | undefined;
}

/** Which requests a target takes. */
export interface Condition {
  /** Tags that the caller must have given. */
  readonly tags: readonly string[];
  /** What of it does not hold, with the field that decides; undefined when all of it holds. Cheap things first. */
  unmet(asked: Asked): Unmet | undefined;
}

/** What of a condition does not hold. */
export interface Unmet {
  readonly reason: string;
  /** The field of the request. */
  readonly field: string;
}

/** Makes a condition ready: its sentences are made once. */
export function createCondition(entry: ConditionEntry): Condition {
  const checks: ((asked: Asked) => Unmet | undefined)[] = [];
  const need = (holds: (asked: Asked) => boolean, reason: string, field: string): void => {
    const unmet = { reason, field };
    checks.push((asked) => (holds(asked) ? undefined : unmet));
  };
  const { model, tags, headers, time, minTokens = 0, maxTokens, modalities } = entry;
  if (model !== undefined) {
    need(({ exchange }) => matchesGlob(model, exchange.model), `only for the model ${model}`, "model");
  }
  for (const tag of tags) {
    const given = ({ exchange }: Asked): boolean => exchange.routing?.tags.includes(tag) === true;
    need(given, `only for requests with the tag ${tag}`, "routing.tags");
  }
  for (const [name, pattern] of headers) {
    const has = ({ exchange }: Asked): boolean => {
      const value = exchange.caller?.header(name);
      return value !== undefined && matchesGlob(pattern, value);
    };
    need(has, `only for requests with the header ${name}: ${pattern}`, name);
  }
  if (time !== undefined) {
    const window = createTimeWindow(time);
    need(({ exchange }) => window.holdsAt(exchange.clock.wall()), `only ${window.words}`, "model");
  }
  if (minTokens > 0) {
    need(({ tokens }) => tokens >= minTokens, `only for prompts of ${minTokens} tokens or more`, "messages");
  }
  if (maxTokens !== undefined) {
    need(({ tokens }) => tokens <= maxTokens, `only for prompts of at most ${maxTokens} tokens`, "messages");
  }
  if (modalities.length > 0) {
    const holds = (asked: Asked): boolean => modalities.some((one) => asked.modalities.has(one as Modality));
    need(holds, `only for requests with ${modalities.join(" or ")}`, "messages");
  }
  return {
    tags,
    unmet(asked) {
      for (const check of checks) {
        const unmet = check(asked);
        if (unmet !== undefined) return unmet;
      }
      return undefined;
    },
  };
}
