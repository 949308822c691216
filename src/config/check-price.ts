import type { PriceConfig } from "../gen/parlance/config/v1/config_pb.js";
import { parseDollars } from "../sdk/index.js";
import type { Path } from "./problem.js";
import type { Report } from "./reporter.js";

/** Reports amounts that are no decimal dollars. */
export function checkPrice(price: PriceConfig, path: Path, report: Report): void {
  for (const [key, value] of [
    ["input", price.input],
    ["output", price.output],
    ["cache_read", price.cacheRead],
    ["cache_write", price.cacheWrite],
  ] as const) {
    if (value === undefined || parseDollars(value) !== undefined) continue;
    const form = 'decimal dollars for a million tokens, as text: "2.50"';
    report([...path, key], value === "" ? `is required: ${form}.` : `must be ${form}.`);
  }
}
