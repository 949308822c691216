import { describe, expect, it } from "vitest";
import { configOf, plugins } from "../../test/support/config-problems.js";
import type { Environment } from "./environment.js";
import type { KnownPlugin } from "./known-plugin.js";
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

describe("a provider that the configuration names", () => {
  const cloud: KnownPlugin = {
    name: "cloud",
    environment: {
      apiKey: "CLOUD_KEY",
      baseUrl: ["CLOUD_URL", "CLOUD_ENDPOINT"],
      settings: { region: ["CLOUD_REGION", "CLOUD_DEFAULT_REGION"], zone: "CLOUD_ZONE" },
    },
  };
  const environment = { CLOUD_KEY: "k", CLOUD_ENDPOINT: "http://e", CLOUD_REGION: "", CLOUD_DEFAULT_REGION: "north" };
  const provider = (yaml: string, variables: Environment = environment) =>
    configOf(`providers: { ${yaml} }`, variables, [...plugins, cloud]).providers;

  it("has the key, the address and the settings of the usual variables where it says nothing of them", () => {
    const whole = { apiKey: "k", baseUrl: "http://e", settings: { region: "north" } };
    expect(provider("cloud: {}").cloud).toMatchObject(whole);
    expect(provider("mine: { plugin: cloud }").mine).toMatchObject(whole);
    expect(zero(environment, [cloud]).cloud).toMatchObject(whole);
  });

  it("has its own settings before those of variables, one by one", () => {
    const variables = { ...environment, CLOUD_ZONE: "b" };
    const { cloud: made } = provider("cloud: { settings: { region: south, deep: { a: 1 } } }", variables);
    expect(made?.settings).toEqual({ region: "south", zone: "b", deep: { a: 1 } });
  });

  it("never sends a vendor's key to an address that the file names", () => {
    const made = provider('cloud: { base_url: "http://mine" }').cloud;
    expect([made?.apiKey, made?.baseUrl, made?.settings]).toEqual([undefined, "http://mine", { region: "north" }]);
  });

  it("never sends its own credential to an address that the file does not name", () => {
    const one = provider("cloud: { api_key: own }").cloud;
    expect([one?.apiKey, one?.baseUrl]).toEqual(["own", undefined]);
    const several = provider("cloud: { credentials: [ { api_key: own } ] }").cloud;
    expect([several?.apiKey, several?.baseUrl]).toEqual([undefined, undefined]);
  });

  it("has nothing of variables where somebody else runs the plugin", () => {
    const made = provider('cloud: { address: "unix:/run/cloud" }').cloud;
    expect([made?.apiKey, made?.baseUrl, made?.settings]).toEqual([undefined, undefined, undefined]);
  });

  it("is usual by any of its settings where its vendor's tools take nothing else from variables", () => {
    const local: KnownPlugin = { name: "local", environment: { settings: { region: "CLOUD_REGION", zone: "ZONE" } } };
    expect(zero({}, [local])).toEqual({});
    expect(zero({ ZONE: "b" }, [local]).local).toMatchObject({ settings: { zone: "b" } });
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
