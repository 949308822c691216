import { describe, expect, it } from "vitest";
import { configOf } from "../../test/support/config-problems.js";
import { createSnapshot } from "./snapshot.js";

const versionOf = (yaml: string): string => createSnapshot(configOf(yaml), 0).version;

describe("a snapshot's version", () => {
  it("is twelve hexadecimal digits", () => {
    expect(versionOf("")).toMatch(/^[0-9a-f]{12}$/);
  });

  it("stays where only the spelling changes", () => {
    const yaml = "log: { level: warn }\nproviders: { a: { plugin: openai, headers: { x: '1', y: '2' } } }";
    const json = '{"providers":{"a":{"headers":{"y":"2","x":"1"},"plugin":"openai"}},"log":{"level":"warn"}}';
    expect(versionOf(json)).toBe(versionOf(yaml));
  });

  it.each(["api_key: k2", "api_key: k1, base_url: 'http://a'", "api_key: k1, settings: { a: 1 }"])(
    "changes with a setting: %s",
    (setting) => {
      const provider = (text: string): string => `providers: { a: { plugin: openai, ${text} } }`;
      expect(versionOf(provider(setting))).not.toBe(versionOf(provider("api_key: k1")));
    },
  );
});

it("a snapshot cannot be changed, to its last member", () => {
  const { config } = createSnapshot(configOf("providers: { a: { plugin: openai, settings: { deep: [ {} ] } } }"), 0);
  const deep = config.providers.a?.settings?.deep as object[];
  for (const part of [config, config.providers, config.providers.a, deep, deep[0]]) {
    expect(Object.isFrozen(part)).toBe(true);
  }
});
