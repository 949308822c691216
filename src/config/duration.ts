const UNITS: Record<string, number> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const WHOLE = /^(?:\d+(?:\.\d+)?(?:ms|s|m|h|d))+$/;
const PIECE = /(\d+(?:\.\d+)?)(ms|s|m|h|d)/g;

/** Milliseconds of a duration such as `500ms`, `10s`, `10m`, `1h` or `1m30s`; undefined when it is not one. */
export function parseDuration(text: string): number | undefined {
  if (!WHOLE.test(text)) return undefined;
  let milliseconds = 0;
  for (const [, amount, unit] of text.matchAll(PIECE))
    milliseconds += Number(amount) * (UNITS[unit as string] as number);
  return milliseconds;
}

/** Milliseconds of a duration field; `absent` where it is not set. */
export function millisecondsOf(duration: { seconds: bigint; nanos: number } | undefined, absent: number): number {
  return duration === undefined ? absent : Number(duration.seconds) * 1000 + duration.nanos / 1_000_000;
}
