const UNITS = [
  ["d", 86_400],
  ["h", 3600],
  ["m", 60],
  ["s", 1],
] as const;

/**
 * A time in words for whoever reads it: `9m58s`, `1h`, `350ms`. Rounded up, so that what is still to come never reads as
 * nothing; of the units from days to seconds the two largest that are filled.
 */
export function durationInWords(milliseconds: number): string {
  if (milliseconds < 1000) return `${Math.max(Math.ceil(milliseconds), 0)}ms`;
  let rest = Math.ceil(milliseconds / 1000);
  const words: string[] = [];
  for (const [unit, seconds] of UNITS) {
    const count = Math.floor(rest / seconds);
    rest -= count * seconds;
    if (count > 0) words.push(`${count}${unit}`);
    if (words.length === 2) break;
  }
  return words.join("");
}
