import { describe, expect, it } from "vitest";
import { zeroConfig } from "./zero-config.js";

const plugins = [
  { name: "free" },
  { name: "one", environment: { apiKey: "ONE_KEY", baseUrl: "ONE_URL" } },
  { name: "two", environment: { apiKey: ["FIRST_KEY", "SECOND_KEY"] } },
];
const keys = (environment: Record<string, string>) =>
  Object.fromEntries(
    Object.entries(zeroConfig(plugins, environment).providers).map(([name, { apiKey }]) => [name, apiKey]),
  );

describe("without a configuration", () => {
  it("there is every plugin that needs no key, and every other whose variable is set", () => {
    expect(keys({})).toEqual({ free: undefined });
    expect(keys({ ONE_KEY: "a" })).toEqual({ free: undefined, one: "a" });
    expect(keys({ ONE_KEY: "" })).toEqual({ free: undefined });
    const { providers } = zeroConfig(plugins, { ONE_KEY: "a", ONE_URL: "http://127.0.0.1" });
    expect(providers.one?.baseUrl).toBe("http://127.0.0.1");
  });

  it("of several variables the first that is set counts", () => {
    expect(keys({ SECOND_KEY: "b" }).two).toBe("b");
    expect(keys({ FIRST_KEY: "a", SECOND_KEY: "b" }).two).toBe("a");
    expect(keys({ FIRST_KEY: "", SECOND_KEY: "b" }).two).toBe("b");
  });
});
