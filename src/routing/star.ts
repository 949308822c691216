/**
 * What `*` in a target's model stands for when a name is asked for that a pattern stands for. A model `*` is the name
 * itself, without the text before the pattern's first `*` where that ends in a slash: `acme/*` is a place, and no part of a
 * name. In a longer text it is what the pattern's own `*` stands for, the first for the first: with `gpt-*`, `gpt-5` asks
 * for `gpt-5` by `*`, and for `openai/gpt-5` by `openai/gpt-*`.
 */
export function filledIn(pattern: string, asked: string): (model: string) => string {
  if (!pattern.includes("*")) return (model) => model;
  const before = pattern.slice(0, pattern.indexOf("*"));
  const whole = before.endsWith("/") ? asked.slice(before.length) : asked;
  const runs = runsOf(pattern, asked);
  return (model) => {
    if (model === "*") return whole;
    let next = 0;
    return model.replace(/\*/g, () => runs[Math.min(next++, runs.length - 1)] as string);
  };
}

/** What each `*` of a pattern stands for in a name that it matches, each but the last as little as can be. */
function runsOf(pattern: string, asked: string): string[] {
  const [first = "", ...others] = pattern.split("*");
  const last = others.pop() ?? "";
  const runs: string[] = [];
  let from = first.length;
  for (const piece of others) {
    const found = asked.indexOf(piece, from);
    runs.push(asked.slice(from, found));
    from = found + piece.length;
  }
  runs.push(asked.slice(from, asked.length - last.length));
  return runs;
}
