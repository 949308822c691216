import { describe, expect, it } from "vitest";
import { configOf, plugins } from "../../test/support/config-problems.js";
import type { Environment } from "./environment.js";
import { loadConfig } from "./load.js";

function zero(environment: Environment, known = plugins): Record<string, unknown> {
  const { snapshot, problems } = loadConfig({ text: undefined, source: "no file" }, known, environment, 0);
  expect(problems).toEqual([]);
  return snapshot?.config.providers ?? {};
}

describe("without a configuration", () => {
  it("there is what needs no credential", () => {
    expect(Object.keys(zero({}))).toEqual(["simulator"]);
  });

  it("there is each provider whose usual variable is set, and with what it says", () => {
    const providers = zero({
      OPENAI_API_KEY: " sk-1\n",
      OPENAI_BASE_URL: "http://127.0.0.1:1/v1",
      ANTHROPIC_API_KEY: "",
    });
    expect(Object.keys(providers)).toEqual(["simulator", "openai"]);
    expect(providers.openai).toMatchObject({ plugin: "openai", apiKey: "sk-1", baseUrl: "http://127.0.0.1:1/v1" });
  });

  it("an address alone brings only a provider that needs no credential", () => {
    const local = { name: "local", environment: { baseUrl: "LOCAL_URL" } };
    expect(Object.keys(zero({ OPENAI_BASE_URL: "http://a", LOCAL_URL: "http://b" }, [...plugins, local]))).toEqual([
      "simulator",
      "local",
    ]);
  });

  it("an address alone brings a provider whose credential is optional, and a host alone is an address", () => {
    const local = {
      name: "local",
      environment: { apiKey: "LOCAL_KEY", baseUrl: "LOCAL_HOST", port: 4321, keyOptional: true },
    };
    const found = (environment: Environment) => zero(environment, [local]).local;
    expect(found({ LOCAL_HOST: "127.0.0.1" })).toMatchObject({ baseUrl: "http://127.0.0.1:4321" });
    expect(found({ LOCAL_HOST: "https://example.com", LOCAL_KEY: "k" })).toMatchObject({
      baseUrl: "https://example.com",
      apiKey: "k",
    });
    expect(found({ LOCAL_KEY: "k" })).toBeUndefined();
  });

  it("of several variables the first that is set counts", () => {
    const two = { name: "two", environment: { apiKey: ["FIRST_KEY", "SECOND_KEY"] } };
    const keyFrom = (environment: Environment) =>
      (zero(environment, [two]).two as { apiKey?: string } | undefined)?.apiKey;
    expect(keyFrom({})).toBeUndefined();
    expect(keyFrom({ SECOND_KEY: "b" })).toBe("b");
    expect(keyFrom({ FIRST_KEY: "a", SECOND_KEY: "b" })).toBe("a");
    expect(keyFrom({ FIRST_KEY: "", SECOND_KEY: "b" })).toBe("b");
  });

  it("a plugin that cannot be used is left out", () => {
    expect(zero({}, [{ name: "broken" }])).toEqual({});
  });
});

describe("a configuration that names no provider", () => {
  it("has the usual ones, and its models may use them", () => {
    const yaml = "models: { m: { targets: [ { provider: openai, model: x } ] } }";
    expect(Object.keys(configOf(yaml, { OPENAI_API_KEY: "sk-1" }).providers)).toEqual(["simulator", "openai"]);
  });

  it("has only those that it allows", () => {
    expect(Object.keys(configOf("plugins: { allow: [ openai ] }", { OPENAI_API_KEY: "sk-1" }).providers)).toEqual([
      "openai",
    ]);
  });

  it("has none of them once it names one", () => {
    expect(
      Object.keys(configOf("providers: { a: { plugin: simulator } }", { OPENAI_API_KEY: "sk-1" }).providers),
    ).toEqual(["a"]);
  });
});
