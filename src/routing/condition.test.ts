import { describe, expect, it } from "vitest";
import { chatAsk, wireAsk } from "../../test/support/asks.js";
import { at, group, routingWorld } from "../../test/support/routing-world.js";
import { type ConditionEntry, createCondition } from "./condition.js";
import { createTimeWindow } from "./time-window.js";

const when = (entry: Partial<ConditionEntry>) => createCondition({ modalities: [], tags: [], headers: [], ...entry });
const world = (entry: Partial<ConditionEntry>) =>
  routingWorld({
    models: [
      { name: "smart", targets: [at("a", { when: when(entry) }), at("b")] },
      { name: "clever", alias: "smart", targets: [] },
      { name: "only", targets: [at("a", { when: when(entry) })] },
      { name: "pool", targets: [group("smart", { when: when(entry) }), at("c")] },
    ],
  });

const long = chatAsk({ text: "x".repeat(4000) });
const picture = wireAsk({
  messages: [{ role: "user", content: [{ type: "image_url", image_url: { url: "https://a.example/x" } }] }],
});
const caller = { key: undefined, header: (name: string) => (name === "x-tier" ? "gold-1" : undefined) };

describe("a target takes only requests", () => {
  it.each([
    ["of a name", { model: "cl*" }, { model: "clever" }, {}, "only for the model cl*"],
    [
      "of some length",
      { minTokens: 1000 },
      { ask: long },
      { ask: chatAsk({}) },
      "only for prompts of 1000 tokens or more",
    ],
    [
      "of no more length",
      { maxTokens: 900 },
      { ask: chatAsk({}) },
      { ask: long },
      "only for prompts of at most 900 tokens",
    ],
    [
      "with a picture",
      { modalities: ["image"] },
      { ask: picture },
      { ask: wireAsk({}) },
      "only for requests with image",
    ],
    ["with a tag", { tags: ["fast"] }, { hints: { tags: [] } }, {}, "only for requests with the tag fast"],
    [
      "with a header",
      { headers: [["x-tier", "gold-*"]] },
      { caller },
      {},
      "only for requests with the header x-tier: gold-*",
    ],
  ] as const)("%s", async (what, entry, fitting, other, words) => {
    if (what !== "with a tag") expect(await world(entry).names(fitting)).toEqual(["a/m", "b/m"]);
    expect(await world(entry).names(other)).toEqual(["b/m"]);
    const refusal = await world(entry).refusal({ ...other, model: "only" });
    expect(refusal.message).toContain(`a/m: ${words}`);
    expect(refusal.code).toBe("unsupported");
  });

  it("with a tag, by which alone it can be asked for then", async () => {
    expect(await world({ tags: ["fast"] }).names({ hints: { tags: ["fast"] } })).toEqual(["a/m"]);
  });

  it("of a group, all of its targets", async () => {
    expect(await world({ minTokens: 1000 }).names({ model: "pool", ask: chatAsk({}) })).toEqual(["c/m"]);
    expect(await world({ minTokens: 1000 }).names({ model: "pool", ask: long })).toEqual(["a/m", "b/m", "c/m"]);
  });
});

describe("a time window", () => {
  const holds = (window: Partial<Parameters<typeof createTimeWindow>[0]>, time: string): boolean =>
    createTimeWindow({ days: [], from: 0, to: 1440, zone: "Europe/Berlin", ...window }).holdsAt(Date.parse(time));
  const office = { from: 9 * 60, to: 17 * 60, days: [1, 2, 3, 4, 5] };
  const night = { from: 22 * 60, to: 6 * 60, days: [5] };

  it.each([
    // Winter: an hour before UTC. 2026-01-05 is a Monday.
    [office, "2026-01-05T07:59:00Z", false],
    [office, "2026-01-05T08:00:00Z", true],
    [office, "2026-01-05T16:00:00Z", false],
    [office, "2026-01-04T10:00:00Z", false],
    // Summer: two hours.
    [office, "2026-07-06T06:59:00Z", false],
    [office, "2026-07-06T07:00:00Z", true],
    // A night that begins on Friday ends on Saturday.
    [night, "2026-01-09T21:00:00Z", true],
    [night, "2026-01-10T04:59:00Z", true],
    [night, "2026-01-10T05:00:00Z", false],
    [night, "2026-01-10T21:30:00Z", false],
    [night, "2026-01-09T04:00:00Z", false],
    // 02:30 does not exist on 2026-03-29, and comes twice on 2026-10-25.
    [{ from: 120, to: 180 }, "2026-03-29T00:59:00Z", false],
    [{ from: 120, to: 180 }, "2026-03-29T01:00:00Z", false],
    [{ from: 120, to: 180 }, "2026-10-25T00:30:00Z", true],
    [{ from: 120, to: 180 }, "2026-10-25T01:30:00Z", true],
    [{ from: 120, to: 180 }, "2026-10-25T02:00:00Z", false],
    [{}, "2026-01-05T07:59:00Z", true],
  ])("%j at %s: %s", (window, time, expected) => {
    expect(holds(window, time)).toBe(expected);
  });

  it("decides by the exchange's clock, and says when it holds", async () => {
    let now = Date.parse("2026-01-05T08:00:00Z");
    const { names, refusal } = routingWorld({
      models: [{ name: "smart", targets: [at("a", { when: when({ time: { ...office, zone: "Europe/Berlin" } }) })] }],
      clock: { monotonic: () => 0, wall: () => now },
    });
    expect(await names()).toEqual(["a/m"]);
    now += 8 * 3_600_000;
    expect((await refusal()).message).toContain("a/m: only Mon, Tue, Wed, Thu, Fri 09:00-17:00 Europe/Berlin.");
  });
});
