import { describe, expect, it } from "vitest";
import { problemsOf } from "../../test/support/config-problems.js";
import type { KnownPlugin } from "./known-plugin.js";

/** A plugin that takes `account`, which it needs, and `region`. */
const plugin: KnownPlugin = {
  name: "cloud",
  environment: {},
  checkSettings: ({ account, ...others }) => [
    ...(account === undefined ? [{ path: "account", message: "It is required." }] : []),
    ...Object.keys(others).flatMap((path) => (path === "region" ? [] : [{ path, message: "It is not known." }])),
  ],
};
const problems = (yaml: string) => problemsOf(`providers: { cloud: ${yaml} }`, {}, [plugin]);

describe("settings of credentials", () => {
  it("are whole with those of the provider", () => {
    expect(problems("{ credentials: [ { settings: { account: a } }, { settings: { account: b } } ] }")).toEqual([]);
    expect(problems("{ settings: { account: a }, credentials: [ { api_key: k } ] }")).toEqual([]);
  });

  it("are told where they are written, and once", () => {
    expect(problems("{ settings: { acount: a }, credentials: [ { api_key: k }, { settings: { zone: z } } ] }")).toEqual(
      [
        expect.stringContaining("providers.cloud.settings.account: It is required."),
        expect.stringContaining("providers.cloud.settings.acount: It is not known."),
        expect.stringContaining("providers.cloud.credentials[1].settings.zone: It is not known."),
      ],
    );
  });
});
