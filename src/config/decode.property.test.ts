import { equals } from "@bufbuild/protobuf";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Document, isScalar, parse, visit } from "yaml";
import { anyMessage, anyText, spell } from "../../test/support/spell-config.js";
import { type Config, ConfigSchema } from "../gen/parlance/config/v1/config_pb.js";
import type { JsonObject } from "../sdk/index.js";
import { decode } from "./decode.js";
import type { Environment } from "./environment.js";
import { parseFile } from "./parse-file.js";
import { fieldPaths } from "./places-of.js";
import type { Problem } from "./problem.js";

function read(text: string, environment: Environment = {}): { config: Config; problems: readonly Problem[] } {
  const { value, reporter } = parseFile(text);
  return { config: decode<Config>(ConfigSchema, value ?? {}, environment, reporter), problems: reporter.problems };
}

/** A name `<<` is quoted, as an operator would have to: without quotes it means something else. */
function toYaml(value: JsonObject, collectionStyle: "block" | "flow" = "block"): string {
  const document = new Document(value);
  visit(document, {
    Pair(_index, { key }) {
      if (isScalar(key) && key.value === "<<") key.type = "QUOTE_DOUBLE";
    },
  });
  return document.toString({ collectionStyle });
}

const spellings: readonly (readonly [string, (value: JsonObject) => string])[] = [
  ["YAML in blocks", (value) => toYaml(value)],
  ["YAML in braces", (value) => toYaml(value, "flow")],
  ["JSON on one line", (value) => JSON.stringify(value)],
  ["JSON on many lines", (value) => JSON.stringify(value, undefined, 2)],
  ["JSON with tabs", (value) => JSON.stringify(value, undefined, "\t")],
];

describe("any configuration", () => {
  it.each(spellings)("written as %s is read as it was", (_name, write) => {
    fc.assert(
      fc.property(anyMessage(ConfigSchema), (config) => {
        const text = write(spell(ConfigSchema, config));
        const { config: again, problems } = read(text);
        expect(problems, text).toEqual([]);
        expect(equals(ConfigSchema, again, config as Config), text).toBe(true);
      }),
    );
  });

  it.each(spellings)("with a key too many in %s is told where that key stands", (_name, write) => {
    fc.assert(
      fc.property(
        anyMessage(ConfigSchema),
        fc.nat(),
        fc.constantFrom("zz_top", "retrys", "prot"),
        (config, at, key) => {
          const spelled = spell(ConfigSchema, config);
          const places = messagesIn(spelled);
          const place = places[at % places.length] as { path: string; object: JsonObject };
          place.object[key] = "x";
          const text = write(spelled);
          const { problems } = read(text);
          const [problem] = problems;
          expect(problems, text).toHaveLength(1);
          expect(problem?.message).toContain("is not a setting.");
          expect(problem?.path.endsWith(key)).toBe(true);
          const line = text.split("\n")[(problem?.line ?? 0) - 1] ?? "";
          expect(line.slice((problem?.column ?? 0) - 1)).toMatch(new RegExp(`^"?${key}`));
        },
      ),
    );
  });

  it("keeps its shape whatever its variables hold", () => {
    fc.assert(
      fc.property(anyText, (secret) => {
        const yaml = 'providers:\n  a:\n    api_key: ${KEY}\n    settings: { b: "x${KEY}y", c: [ "${KEY}" ] }\n';
        const { config, problems } = read(yaml, { KEY: secret });
        expect(problems).toEqual([]);
        expect(config.providers).toMatchObject({
          a: { apiKey: secret, settings: { b: `x${secret}y`, c: [secret] } },
        });
        expect(Object.keys(config.providers)).toEqual(["a"]);
      }),
    );
  });

  it("has each of its fields read: none is left without a reader", () => {
    const seen = new Set<string>();
    fc.assert(
      fc.property(anyMessage(ConfigSchema), (config) => {
        for (const path of pathsOf(spell(ConfigSchema, config))) seen.add(path);
      }),
      { numRuns: 300 },
    );
    const leaves = fieldPaths(ConfigSchema).map((path) => path.split(".").at(-1)?.replace("[]", ""));
    expect(leaves.filter((leaf) => !seen.has(leaf as string))).toEqual([]);
  });
});

describe("what is read of a file", () => {
  it("is the same whether YAML's own parser or this one reads it", () => {
    const yaml =
      "models:\n  a: &a { targets: [ { provider: x, model: y } ] }\n  b: *a\n  c: { <<: *a, strategy: priority }\n";
    expect(parseFile(yaml).value).toEqual(parse(yaml, { merge: true }));
  });
});

/** Every mapping that is a message: where a key is checked against the fields. */
function messagesIn(spelled: JsonObject): { path: string; object: JsonObject }[] {
  const found = [{ path: "", object: spelled }];
  const add = (path: string, value: unknown): void => {
    if (typeof value === "object" && value !== null) found.push({ path, object: value as JsonObject });
  };
  for (const key of ["server", "plugins", "log"]) add(key, spelled[key]);
  add("server.tls", (spelled.server as JsonObject | undefined)?.tls);
  for (const [name, provider] of Object.entries((spelled.providers ?? {}) as JsonObject)) {
    add(`providers.${name}`, provider);
    add(`providers.${name}.timeouts`, (provider as JsonObject).timeouts);
  }
  for (const [name, model] of Object.entries((spelled.models ?? {}) as JsonObject)) {
    add(`models.${name}`, model);
    for (const target of ((model as JsonObject).targets ?? []) as JsonObject[]) {
      add(`models.${name}.targets`, target);
      add(`models.${name}.targets.price`, target.price);
    }
  }
  return found;
}

/** Names of every key that is written. */
function pathsOf(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(pathsOf);
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, member]) => [key, ...pathsOf(member)]);
}
