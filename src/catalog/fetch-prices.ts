import { createHash } from "node:crypto";
import { checkPriceData } from "./check-price-data.js";
import type { PriceData } from "./price-data.js";

/** How long a fetch may take in all, and how much it may bring. */
export interface FetchLimits {
  readonly timeoutMs: number;
  readonly maxBytes: number;
}

/** The data is 4 MB today. */
export const FETCH_LIMITS: FetchLimits = { timeoutMs: 30_000, maxBytes: 64 * 1024 * 1024 };

/**
 * Fetches newer price data, in the format of the package's own data file. Throws an error that says what went wrong; tells
 * no query of the address, which may hold a credential.
 */
export async function fetchPrices(url: string, now: number, limits: FetchLimits = FETCH_LIMITS): Promise<PriceData> {
  const bytes = await fetchBytes(url, limits);
  let value: unknown;
  try {
    value = JSON.parse(bytes.toString("utf8"));
  } catch {
    throw new Error("what came is not JSON");
  }
  const version = createHash("sha256").update(bytes).digest("hex").slice(0, 12);
  return { vendors: checkPriceData(value), source: shownAddress(url), version, loadedAt: now };
}

/** An address as it may be shown. */
export function shownAddress(url: string): string {
  const { origin, pathname } = new URL(url);
  return origin + pathname;
}

async function fetchBytes(url: string, { timeoutMs, maxBytes }: FetchLimits): Promise<Buffer> {
  const signal = AbortSignal.timeout(timeoutMs);
  try {
    const response = await fetch(url, { signal, headers: { accept: "application/json" } });
    if (!response.ok) {
      await response.body?.cancel();
      throw new Error(`it was answered with ${response.status}`);
    }
    const pieces: Uint8Array[] = [];
    let length = 0;
    for await (const piece of response.body ?? []) {
      length += piece.length;
      if (length > maxBytes) throw new Error(`what came is more than ${maxBytes} bytes`);
      pieces.push(piece);
    }
    return Buffer.concat(pieces);
  } catch (error) {
    if (signal.aborted) throw new Error(`it took longer than ${timeoutMs} ms`, { cause: error });
    // "fetch failed" hides what failed.
    const cause = (error as Error).cause;
    throw cause instanceof Error && !(error as Error).message.startsWith("what came")
      ? new Error(cause.message === "" ? String((cause as NodeJS.ErrnoException).code) : cause.message, {
          cause: error,
        })
      : error;
  }
}
