import type { CatalogEntryConfig, Config } from "../gen/parlance/config/v1/config_pb.js";
import { ABILITIES, INPUT_MODALITIES, nearest, OUTPUT_MODALITIES } from "../sdk/index.js";
import { checkPrice } from "./check-price.js";
import { millisecondsOf } from "./duration.js";
import { oneOf } from "./one-of.js";
import type { Path } from "./problem.js";
import type { Report } from "./reporter.js";

/** Most often that newer data may be asked for. */
const LEAST_REFRESH_MS = 60_000;

/** Checks what is said of models and their prices, and where newer data comes from. */
export function checkCatalog({ catalog, providers }: Config, report: Report): void {
  if (catalog === undefined) return;
  catalog.models.forEach((entry, index) => {
    checkEntry(entry, Object.keys(providers), ["catalog", "models", index], report);
  });
  checkUrl(catalog.url, ["catalog", "url"], report);
  if (millisecondsOf(catalog.refresh, LEAST_REFRESH_MS) < LEAST_REFRESH_MS) {
    report(["catalog", "refresh"], "must be 1m at least.");
  }
}

function checkEntry(entry: CatalogEntryConfig, providers: readonly string[], path: Path, report: Report): void {
  if (entry.model === "") report([...path, "model"], "is required: a model's name, or a pattern with * in it.");
  const { provider } = entry;
  if (provider !== undefined && !provider.includes("*") && !providers.includes(provider)) {
    report([...path, "provider"], `There is no provider "${provider}".`, nearest(provider, providers)[0]);
  }
  if (entry.price !== undefined) checkPrice(entry.price, [...path, "price"], report);
  for (const [key, count] of [
    ["context_window", entry.contextWindow],
    ["max_output_tokens", entry.maxOutputTokens],
  ] as const) {
    if (count !== undefined && count < 1) report([...path, key], `must be 1 or more, not ${count}.`);
  }
  for (const [key, words, known] of [
    ["input_modalities", entry.inputModalities, INPUT_MODALITIES],
    ["output_modalities", entry.outputModalities, OUTPUT_MODALITIES],
    ["abilities", entry.abilities, ABILITIES],
  ] as const) {
    words.forEach((word, index) => {
      oneOf(word, known, [...path, key, index], report);
    });
  }
}

function checkUrl(url: string | undefined, path: Path, report: Report): void {
  if (url === undefined) return;
  if (!/^https?:\/\//i.test(url)) return report(path, "must begin with http:// or https://.");
  if (!URL.canParse(url)) return report(path, "is not a URL.");
  const { username, password } = new URL(url);
  // Nothing is fetched from such an address by what fetches.
  if (username !== "" || password !== "") report(path, "must hold no credential.");
}
