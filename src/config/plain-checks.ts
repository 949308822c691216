import type { Config } from "../gen/parlance/config/v1/config_pb.js";
import { nearest } from "../sdk/index.js";
import type { KnownPlugin } from "./known-plugin.js";
import type { Path } from "./problem.js";
import type { Report } from "./reporter.js";

/** Reports what is no share in a hundred. */
export function checkPercent(percent: number | undefined, path: Path, report: Report): void {
  if (percent !== undefined && !(percent >= 0 && percent <= 100)) {
    report(path, `must be from 0 to 100, not ${percent}.`);
  }
}

/** Reports a number that is less than it may be. */
export function checkWhole(count: number | undefined, least: number, path: Path, report: Report): void {
  if (count !== undefined && count < least) report(path, `must be ${least} or more, not ${count}.`);
}

/** Reports a tag, or another word, that says nothing. */
export function checkWords(words: readonly string[], path: Path, report: Report): void {
  words.forEach((word, index) => {
    if (word.trim() === "") report([...path, index], "must not be empty.");
  });
}

/** Reports a provider that is not configured. */
export function checkProviderName(
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
