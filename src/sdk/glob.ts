/** Whether a name is one that a pattern stands for, in which `*` is any run of characters. */
export function matchesGlob(pattern: string, name: string): boolean {
  const [first = "", ...others] = pattern.split("*");
  const last = others.pop();
  if (last === undefined) return name === first;
  if (!name.startsWith(first) || name.length < first.length + last.length || !name.endsWith(last)) return false;
  // Each of what is left at its first place: a search that cannot run away, whatever the pattern.
  let from = first.length;
  for (const piece of others) {
    const found = name.indexOf(piece, from);
    if (found === -1) return false;
    from = found + piece.length;
  }
  return from <= name.length - last.length;
}

/**
 * The pattern that stands for a name: of several, the one with the longest text before its first `*`, and of those the
 * longest. Undefined when none does.
 */
export function closestGlob(patterns: Iterable<string>, name: string): string | undefined {
  let closest: string | undefined;
  for (const pattern of patterns) {
    if (matchesGlob(pattern, name) && (closest === undefined || isCloser(pattern, closest))) closest = pattern;
  }
  return closest;
}

function isCloser(pattern: string, than: string): boolean {
  const further = pattern.indexOf("*") - than.indexOf("*");
  return further > 0 || (further === 0 && pattern.length > than.length);
}
