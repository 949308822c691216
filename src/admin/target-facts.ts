import type { Clock } from "../core/clock.js";
import type { ProviderHandle } from "../core/target.js";
import type { ModelConfig } from "../gen/parlance/config/v1/config_pb.js";
import type { CredentialRests } from "../resilience/credential-rests.js";
import type { TargetStates } from "../resilience/target-states.js";
import { matchesGlob } from "../sdk/index.js";

/** What is known of targets and routes. */
export interface TargetFacts {
  readonly states: Pick<TargetStates, "all" | "find" | "onChange">;
  readonly rests: Pick<CredentialRests, "list" | "reset">;
  /** The providers in force. */
  readonly providers: () => readonly ProviderHandle[];
  /** The models of the configuration in force, by name. */
  readonly models: () => Readonly<Record<string, ModelConfig>>;
  readonly clock: Clock;
  /** Fires when the gateway stops: who watches is told so. */
  readonly stopping: AbortSignal;
}

/**
 * The targets that a model can run on, its groups' and its alias's among them, by names in which `*` stands for what a caller
 * asks for.
 */
export function patternsOf(models: Readonly<Record<string, ModelConfig>>, model: string): ReadonlySet<string> {
  const seen = new Set<string>();
  const patterns = new Set<string>();
  const visit = (name: string): void => {
    const config = Object.hasOwn(models, name) ? models[name] : undefined;
    if (config === undefined || seen.has(name)) return;
    seen.add(name);
    if (config.alias !== undefined) visit(config.alias);
    for (const target of config.targets) {
      if (target.route === undefined) patterns.add(`${target.provider}/${target.model}`);
      else visit(target.route);
    }
  };
  visit(model);
  return patterns;
}

/** Whether a target is one of those that the patterns name. */
export function isOneOf(patterns: ReadonlySet<string>, target: string): boolean {
  if (patterns.has(target)) return true;
  for (const pattern of patterns) if (pattern.includes("*") && matchesGlob(pattern, target)) return true;
  return false;
}
