import type { CanaryConfig, ConditionConfig, Config, TargetConfig } from "../gen/parlance/config/v1/config_pb.js";
import { INPUT_MODALITIES } from "../sdk/index.js";
import { checkPrice } from "./check-price.js";
import { millisecondsOf } from "./duration.js";
import { isName } from "./is-name.js";
import type { KnownPlugin } from "./known-plugin.js";
import { oneOf } from "./one-of.js";
import { checkPercent, checkProviderName, checkWhole, checkWords } from "./plain-checks.js";
import type { Path } from "./problem.js";
import type { Report } from "./reporter.js";
import { DAYS, isTimeZone, parseTimeOfDay } from "./time-window.js";

/** Checks one target of a model. `isPattern`: whether the model's name has a `*`. */
export function checkTarget(
  target: TargetConfig,
  isPattern: boolean,
  path: Path,
  config: Config,
  plugins: readonly KnownPlugin[],
  report: Report,
): void {
  if (target.route === undefined) {
    checkProviderName(target.provider, [...path, "provider"], config, plugins, report);
    checkUpstreamModel(target.model, isPattern, [...path, "model"], report);
  } else {
    checkGroup(target, path, report);
  }
  checkWhole(target.priority, 0, [...path, "priority"], report);
  checkWhole(target.weight, 0, [...path, "weight"], report);
  if (target.region?.trim() === "")
    report([...path, "region"], "must not be empty. Leave it out where it is not known.");
  checkWords(target.tags, [...path, "tags"], report);
  if (target.price !== undefined) checkPrice(target.price, [...path, "price"], report);
  if (target.when !== undefined) checkCondition(target.when, [...path, "when"], report);
  if (target.canary !== undefined) checkCanary(target.canary, [...path, "canary"], report);
}

function checkUpstreamModel(model: string, isPattern: boolean, path: Path, report: Report): void {
  if (model === "") report(path, "is required: the provider's own name for the model.");
  else if (!isName(model)) report(path, "holds control characters, or white space around it.");
  else if (model.includes("*") && !isPattern) report(path, "may hold * only where the model's own name does.");
}

/** The targets of another model have what is written of them there. */
function checkGroup(target: TargetConfig, path: Path, report: Report): void {
  for (const [key, isSet] of [
    ["provider", target.provider !== ""],
    ["model", target.model !== ""],
    ["price", target.price !== undefined],
    ["concurrency", target.concurrency !== undefined],
    ["breaker", target.breaker !== undefined],
  ] as const) {
    if (isSet) report([...path, key], "goes without route: the targets of the other model stand here.");
  }
}

function checkCondition(
  { model, minTokens, maxTokens, modalities, tags, headers, time }: ConditionConfig,
  path: Path,
  report: Report,
): void {
  if (model === "") report([...path, "model"], "must not be empty. Leave it out for any name.");
  checkWhole(minTokens, 0, [...path, "min_tokens"], report);
  checkWhole(maxTokens, 1, [...path, "max_tokens"], report);
  if (minTokens !== undefined && maxTokens !== undefined && maxTokens >= 1 && minTokens > maxTokens) {
    report([...path, "min_tokens"], `must not be more than max_tokens, which is ${maxTokens}: no prompt is both.`);
  }
  modalities.forEach((modality, index) => {
    oneOf(modality, INPUT_MODALITIES, [...path, "modalities", index], report);
  });
  checkWords(tags, [...path, "tags"], report);
  for (const name of Object.keys(headers)) {
    if (!/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(name)) report([...path, "headers", name], "is no name of a header.");
  }
  if (time === undefined) return;
  time.days.forEach((day, index) => {
    oneOf(day, DAYS, [...path, "time", "days", index], report);
  });
  for (const [key, text] of [
    ["from", time.from],
    ["to", time.to],
  ] as const) {
    if (text !== undefined && parseTimeOfDay(text) === undefined) {
      report([...path, "time", key], `must be a time from 00:00 to 24:00, as HH:MM, not "${text}".`);
    }
  }
  if ((time.from ?? "00:00") === (time.to ?? "24:00")) {
    report([...path, "time", "to"], "is when it begins too: it would never hold.");
  }
  if (time.zone !== undefined && !isTimeZone(time.zone)) {
    report(
      [...path, "time", "zone"],
      `There is no time zone "${time.zone}". Write its IANA name, such as Europe/Berlin.`,
    );
  }
}

function checkCanary({ steps, maxErrorPercent, maxTtft, minAttempts }: CanaryConfig, path: Path, report: Report): void {
  if (steps.length === 0) report([...path, "steps"], "needs at least one step.");
  steps.forEach(({ percent, duration }, index) => {
    const at = [...path, "steps", index];
    if (!(percent > 0 && percent <= 100))
      report([...at, "percent"], `must be above 0 and at most 100, not ${percent}.`);
    if (duration === undefined && index < steps.length - 1) {
      report([...at, "duration"], "is required but for the last step: those after it would never come.");
    }
    if (millisecondsOf(duration, 1) <= 0) report([...at, "duration"], "must be longer than nothing.");
  });
  checkPercent(maxErrorPercent, [...path, "max_error_percent"], report);
  if (millisecondsOf(maxTtft, 1) <= 0) report([...path, "max_ttft"], "must be longer than nothing.");
  checkWhole(minAttempts, 1, [...path, "min_attempts"], report);
}
