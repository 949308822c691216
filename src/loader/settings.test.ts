import { describe, expect, it } from "vitest";
import { checkSettings, schemaProblem, secretSettings } from "./settings.js";

const schema = {
  $schema: "http://json-schema.org/draft-07/schema#",
  type: "object",
  additionalProperties: false,
  required: ["region"],
  properties: {
    region: { enum: ["eu", "us"] },
    retries: { type: "integer", default: 2, minimum: 0 },
    hosts: { type: "array", items: { type: "object", properties: { port: { type: "integer" } } } },
  },
};

describe("the settings of a provider", () => {
  it("pass with the schema's defaults filled in, and stay as they were", () => {
    const given = { region: "eu" };
    expect(checkSettings(schema, given)).toEqual({ settings: { region: "eu", retries: 2 }, problems: [] });
    expect(given).toEqual({ region: "eu" });
  });

  it("get every problem at once, each with its path", () => {
    const { problems } = checkSettings(schema, { regoin: "eu", retries: -1, hosts: [{ port: 1 }, { port: "x" }] });
    expect(problems).toEqual(
      expect.arrayContaining([
        { path: "regoin", message: 'It is not known. Did you mean "region"?' },
        { path: "region", message: "It is required." },
        { path: "retries", message: "It must be >= 0." },
        { path: "hosts[1].port", message: "It must be integer." },
      ]),
    );
    expect(problems).toHaveLength(4);
  });

  it("are told the values that an enum allows", () => {
    expect(checkSettings(schema, { region: "mars" }).problems).toEqual([
      { path: "region", message: 'It must be one of "eu", "us".' },
    ]);
  });

  it("must be empty for a plugin that takes none", () => {
    expect(checkSettings(undefined, {}).problems).toEqual([]);
    expect(checkSettings(undefined, { a: 1 }).problems).toEqual([
      { path: "a", message: "The plugin takes no settings." },
    ]);
  });

  it("of two plugins may have schemas with the same $id", () => {
    expect(schemaProblem({ $id: "https://example.com/s", type: "object" })).toBeUndefined();
    expect(schemaProblem({ $id: "https://example.com/s", type: "object" })).toBeUndefined();
  });
});

it("settings that a schema marks as secret are found at whatever depth they hold texts", () => {
  const schema = {
    type: "object",
    properties: { region: { type: "string" }, key: { type: "string", writeOnly: true }, account: { writeOnly: true } },
  };
  const account = { email: "a@b", keys: ["one", { more: "two" }, 3] };
  expect(secretSettings(schema, { region: "north", key: "k", account })).toEqual(["k", "a@b", "one", "two"]);
  expect(secretSettings(schema, { region: "north" })).toEqual([]);
  expect(secretSettings(undefined, { key: "k" })).toEqual([]);
});
