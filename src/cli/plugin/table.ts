/** Rows under their heads, in columns. The last column is as wide as it is, and nothing trails. */
export function table(heads: readonly string[] | undefined, rows: readonly (readonly string[])[]): string {
  const all = heads === undefined ? rows : [heads, ...rows];
  const widths = (all[0] ?? []).map((_, column) => Math.max(...all.map((row) => (row[column] ?? "").length)));
  return all
    .map(
      (row) =>
        `${row
          .map((cell, column) => cell.padEnd(widths[column] ?? 0))
          .join("  ")
          .trimEnd()}\n`,
    )
    .join("");
}
