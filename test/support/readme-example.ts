import { readFileSync } from "node:fs";

/** A call with curl that the README shows, with the answer that it prints below it. */
export interface ReadmeExample {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly printed: string;
}

const EXAMPLE =
  /curl http:\/\/127\.0\.0\.1:8080(\/\S+) ((?:-H '[^']+' )+)\\\n {2}-d '([^']+)'\n```\n```json\n(.+)\n```/g;

/** The README's one example whose path begins so. Throws when there is none. */
export function readmeExample(front: string): ReadmeExample {
  const readme = readFileSync(new URL("../../README.md", import.meta.url), "utf8");
  for (const [, path = "", flags = "", body = "", printed = ""] of readme.matchAll(EXAMPLE)) {
    if (!path.startsWith(front)) continue;
    const headers = [...flags.matchAll(/-H '([^:]+): ([^']+)'/g)].map(([, name, value]) => [name, value] as const);
    return { path, headers: Object.fromEntries(headers) as Record<string, string>, body, printed };
  }
  throw new Error(`the README has no example of ${front}`);
}
