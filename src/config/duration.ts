const UNITS: Record<string, number> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const WHOLE = /^(?:\d+(?:\.\d+)?(?:ms|s|m|h|d))+$/;
const PIECE = /(\d+(?:\.\d+)?)(ms|s|m|h|d)/g;

/** The longest time in milliseconds that a timer of Node can wait for: beyond it, it would not wait at all. */
export const LONGEST_MS = 2_147_483_647;

/** Milliseconds of a duration such as `500ms`, `10s`, `10m`, `1h` or `1m30s`; undefined when it is not one. */
export function parseDuration(text: string): number | undefined {
  if (!WHOLE.test(text)) return undefined;
  let milliseconds = 0;
  for (const [, amount, unit] of text.matchAll(PIECE))
    milliseconds += Number(amount) * (UNITS[unit as string] as number);
  return milliseconds;
}

/** Seconds and nanoseconds of a number of milliseconds, as the message `Duration` holds them. */
export function toDuration(milliseconds: number): { seconds: bigint; nanos: number } {
  const nanos = BigInt(Math.round(milliseconds * 1_000_000));
  return { seconds: nanos / 1_000_000_000n, nanos: Number(nanos % 1_000_000_000n) };
}

/** Milliseconds of a duration field; `absent` where it is not set. */
export function millisecondsOf(duration: { seconds: bigint; nanos: number } | undefined, absent: number): number {
  return duration === undefined ? absent : Number(duration.seconds) * 1000 + duration.nanos / 1_000_000;
}
