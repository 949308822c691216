import type { Path } from "./problem.js";
import type { Report } from "./reporter.js";

/** Reports a credential that no header could carry. Never quotes it. */
export function checkApiKey(key: string | undefined, path: Path, report: Report): void {
  if (key === undefined || /^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/.test(key)) return;
  const around = key.trim() !== key ? " There is white space around it." : "";
  report(path, `holds what no credential can hold: a line break, or something other than visible ASCII.${around}`);
}
