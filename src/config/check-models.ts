import type { Config, ModelConfig, ShadowConfig } from "../gen/parlance/config/v1/config_pb.js";
import { checkReferences } from "./check-references.js";
import { checkRetry } from "./check-retry.js";
import { checkTarget } from "./check-target.js";
import { millisecondsOf } from "./duration.js";
import { isName } from "./is-name.js";
import type { KnownPlugin } from "./known-plugin.js";
import { oneOf } from "./one-of.js";
import { checkPercent, checkProviderName, checkWhole } from "./plain-checks.js";
import type { Path } from "./problem.js";
import type { Report } from "./reporter.js";

/** How targets can be chosen. */
export const STRATEGIES = [
  "priority",
  "weighted",
  "round_robin",
  "least_busy",
  "lowest_latency",
  "cheapest",
  "cascade",
] as const;

/** What can follow a cut after the first content. */
const ON_CUT = ["fail", "continue"];
/** Finish reasons that a cascade may find not good enough. */
const FINISHES = ["length", "content_filter", "tool_calls", "error"];
const HEADER_NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

/** Checks each public model: its name, how targets are chosen, and that these can be found and paid. */
export function checkModels(config: Config, plugins: readonly KnownPlugin[], report: Report): void {
  for (const [name, model] of Object.entries(config.models)) {
    const path = ["models", name];
    if (!isName(name)) report(path, "needs a name without control characters, and without white space around it.");
    if (model.alias !== undefined) checkAlias(model, path, report);
    else checkModel(name, model, path, config, plugins, report);
  }
  checkReferences(config, report);
}

/** A name for another has nothing of its own. */
function checkAlias({ $typeName: _, alias, ...others }: ModelConfig, path: Path, report: Report): void {
  for (const [key, value] of Object.entries(others)) {
    if (value === undefined || key.startsWith("$") || (Array.isArray(value) && value.length === 0)) continue;
    report([...path, spelt(key)], `goes without alias: "${path.at(-1)}" stands for "${alias}" with all that it has.`);
  }
}

function checkModel(
  name: string,
  model: ModelConfig,
  path: Path,
  config: Config,
  plugins: readonly KnownPlugin[],
  report: Report,
): void {
  oneOf(model.strategy, STRATEGIES, [...path, "strategy"], report);
  if (model.targets.length === 0)
    report([...path, "targets"], "needs at least one target, or an alias in their place.");
  model.targets.forEach((target, index) => {
    checkTarget(target, name.includes("*"), [...path, "targets", index], config, plugins, report);
  });
  checkSticky(model.sticky, [...path, "sticky"], report);
  model.cascade?.finish.forEach((finish, index) => {
    oneOf(finish, FINISHES, [...path, "cascade", "finish", index], report);
  });
  if (model.hedge !== undefined) {
    const { after, maxPercent } = model.hedge;
    if (millisecondsOf(after, 1) <= 0) report([...path, "hedge", "after"], "must be longer than nothing.");
    checkPercent(maxPercent, [...path, "hedge", "max_percent"], report);
  }
  model.shadows.forEach((shadow, index) => {
    checkShadow(shadow, [...path, "shadows", index], config, plugins, report);
  });
  oneOf(model.onCut, ON_CUT, [...path, "on_cut"], report);
  if (model.retry !== undefined) checkRetry(model.retry, [...path, "retry"], report);
  if (millisecondsOf(model.timeout, 1) <= 0) report([...path, "timeout"], "must be longer than nothing.");
}

function checkSticky(sticky: string | undefined, path: Path, report: Report): void {
  if (sticky === undefined || sticky === "key" || sticky === "user") return;
  const header = sticky.startsWith("header:") ? sticky.slice("header:".length) : undefined;
  if (header === undefined) report(path, `must be key, user or header:<name>, not "${sticky}".`);
  else if (!HEADER_NAME.test(header)) report(path, `must name a header after "header:", such as header:x-user.`);
}

function checkShadow(
  { provider, model, percent, maxInFlight }: ShadowConfig,
  path: Path,
  config: Config,
  plugins: readonly KnownPlugin[],
  report: Report,
): void {
  checkProviderName(provider, [...path, "provider"], config, plugins, report);
  if (!isName(model)) report([...path, "model"], "is required: the provider's own name for the model.");
  checkPercent(percent, [...path, "percent"], report);
  checkWhole(maxInFlight, 1, [...path, "max_in_flight"], report);
}

/** The name of a field as it is written: `on_cut` of `onCut`. */
function spelt(field: string): string {
  return field.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
