import type { Config, TargetConfig } from "../gen/parlance/config/v1/config_pb.js";
import { nearest } from "../sdk/index.js";
import { checkPrice } from "./check-price.js";
import type { KnownPlugin } from "./known-plugin.js";

import { oneOf } from "./one-of.js";
import type { Path } from "./problem.js";
import type { Report } from "./reporter.js";

/** How targets can be chosen. */
export const STRATEGIES = ["priority"] as const;

/** Checks each public model: its name, its strategy, and that its targets can be found and paid. */
export function checkModels(config: Config, plugins: readonly KnownPlugin[], report: Report): void {
  for (const [name, model] of Object.entries(config.models)) {
    const path = ["models", name];
    if (!isName(name)) report(path, "needs a name without control characters, and without white space around it.");
    oneOf(model.strategy, STRATEGIES, [...path, "strategy"], report);
    if (model.targets.length === 0) report([...path, "targets"], "needs at least one target.");
    model.targets.forEach((target, index) => {
      const at = [...path, "targets", index];
      checkProvider(target.provider, [...at, "provider"], config, plugins, report);
      checkTarget(target, at, report);
      if (target.price !== undefined) checkPrice(target.price, [...at, "price"], report);
    });
  }
}

function checkProvider(
  name: string,
  path: Path,
  config: Config,
  plugins: readonly KnownPlugin[],
  report: Report,
): void {
  const providers = Object.keys(config.providers);
  if (name === "") return report(path, "is required: the name of a provider.");
  if (providers.includes(name)) return;
  const [near] = nearest(name, providers);
  const isPlugin = plugins.some((plugin) => plugin.name === name);
  const add = isPlugin ? ` Add \`${name}: {}\` to providers, with its credential.` : "";
  report(path, `There is no provider "${name}".${add}`, isPlugin ? undefined : near);
}

function checkTarget(target: TargetConfig, path: Path, report: Report): void {
  if (target.model === "") report([...path, "model"], "is required: the provider's own name for the model.");
  else if (!isName(target.model)) report([...path, "model"], "holds control characters, or white space around it.");
  if (target.priority !== undefined && target.priority < 0) {
    report([...path, "priority"], `must be 0 or more, not ${target.priority}.`);
  }
}

function isName(text: string): boolean {
  return text !== "" && text.trim() === text && !/\p{Cc}/u.test(text);
}
