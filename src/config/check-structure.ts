import { type Document, isAlias, isMap, isScalar, isSeq, type ParsedNode } from "yaml";
import type { Path } from "./problem.js";

/** Told of a node that is wrong, and of the path that it has or would have. */
export type ReportNode = (path: Path, node: unknown, message: string) => void;

/**
 * Finds what a parser would take in silence, and that means something else than it says: repeated keys, of which the last
 * would win, and names that YAML takes for a number (`4.10` is 4.1 to it) or for nothing. Finds aliases of nothing, and
 * of what they are themselves a part of, too; such a file has no value.
 */
export function checkStructure(document: Document.Parsed, report: ReportNode): { readonly hasValue: boolean } {
  let hasValue = true;

  const visit = (node: unknown, path: Path, within: readonly unknown[]): void => {
    const inside = [...within, node];
    if (isAlias(node)) {
      const named = node.resolve(document);
      if (named !== undefined && !inside.includes(named)) return;
      hasValue = false;
      const fault = named === undefined ? "which no anchor before it has" : "of something that it is itself a part of";
      report(path, node, `holds the alias *${node.source}, ${fault}.`);
    } else if (isSeq(node)) {
      node.items.forEach((item, index) => visit(item, [...path, index], inside));
    } else if (isMap(node)) {
      const seen = new Set<string>();
      for (const { key, value } of node.items) {
        const name = nameOf(key as ParsedNode, path, report);
        if (name !== undefined && seen.has(name)) report([...path, name], key, "is written twice. Keep one of them.");
        if (name !== undefined) seen.add(name);
        visit(value, [...path, name ?? "<<"], inside);
      }
    }
  };

  visit(document.contents, [], []);
  return { hasValue };
}

/** The name that a key is; undefined for `<<`, which takes over what an alias names, and for what is no name. */
function nameOf(key: ParsedNode, path: Path, report: ReportNode): string | undefined {
  if (!isScalar(key)) {
    report(path, key, "holds a mapping or a list where a name is due. Put values with ${…} in quotes.");
    return undefined;
  }
  if (typeof key.value === "symbol") return undefined;
  const name = String(key.value);
  if (typeof key.value !== "string" && key.source !== name) {
    report(path, key, `holds the name ${key.source || "of nothing"}, which is ${name} to YAML. Put it in quotes.`);
  }
  return name;
}
