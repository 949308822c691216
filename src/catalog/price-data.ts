import { createRequire } from "node:module";
import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { ModelInfo, Provider } from "@pydantic/genai-prices";

/** A vendor in the price data: its models, their prices, and by what names and addresses it is known. */
export type Vendor = Provider;
/** A model of a vendor. */
export type VendorModel = ModelInfo;

/** Prices and context windows of one version of the data. */
export interface PriceData {
  readonly vendors: readonly Vendor[];
  /** Where it comes from: name of a package, or an address. */
  readonly source: string;
  /** Of a package its version, else twelve hexadecimal digits that change with the data. */
  readonly version: string;
  /** Unix milliseconds at which it was loaded. */
  readonly loadedAt: number;
}

const PACKAGE = "@pydantic/genai-prices";

/** The data that comes with Parlance. Its import takes some 30 ms and 5 MB, so it is done when prices are first needed. */
export async function loadBundledPrices(now: number): Promise<PriceData> {
  const { waitForUpdate } = await import("@pydantic/genai-prices");
  const [vendors, version] = await Promise.all([waitForUpdate(), packageVersion()]);
  return { vendors: vendors ?? [], source: PACKAGE, version, loadedAt: now };
}

/** The package does not say its own version, and does not let its package.json be imported. */
async function packageVersion(): Promise<string> {
  const entry = createRequire(import.meta.url).resolve(PACKAGE);
  const text = await readFile(join(dirname(entry), "..", "package.json"), "utf8");
  return String((JSON.parse(text) as { version: unknown }).version);
}
