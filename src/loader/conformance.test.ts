import { join, resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { checkConformance } from "./conformance.js";

const directory = resolve("plugin");

describe("how a package wants to be tested", () => {
  it("is a folder with recordings, or nothing", () => {
    const problems: string[] = [];
    expect(checkConformance(directory, "./conformance", problems)).toMatchObject({
      recordings: join(directory, "conformance"),
      upstream: true,
    });
    expect(checkConformance(directory, undefined, problems)).toMatchObject({ recordings: undefined, settings: {} });
    expect(problems).toEqual([]);
  });

  it("may say more", () => {
    const problems: string[] = [];
    const plan = { upstream: false, settings: { region: "a" }, api_key: "k", models: { stall: "s" } };
    expect(checkConformance(directory, plan, problems)).toEqual({
      recordings: undefined,
      upstream: false,
      settings: { region: "a" },
      apiKey: "k",
      models: { stall: "s" },
    });
    expect(problems).toEqual([]);
  });

  it.each([
    [4, '"parlance.conformance" must be the path of a folder, or an object.'],
    ["../elsewhere", '"parlance.conformance.recordings" must be a path inside the package.'],
    ["/somewhere", '"parlance.conformance.recordings" must be a path inside the package.'],
    [{ upstream: "no" }, '"parlance.conformance.upstream" must be true or false.'],
    [{ settings: [] }, '"parlance.conformance.settings" must be an object.'],
    [{ api_key: 1 }, '"parlance.conformance.api_key" must be text.'],
    [
      { models: { sing: "m" } },
      '"parlance.conformance.models" must be an object of names by complete, embed, count_tokens, stall.',
    ],
    [
      { record: "x" },
      '"parlance.conformance.record" is not known; known are recordings, upstream, settings, api_key, models.',
    ],
  ])("is told what is wrong with %j", (value, problem) => {
    const problems: string[] = [];
    checkConformance(directory, value, problems);
    expect(problems).toEqual([problem]);
  });
});
