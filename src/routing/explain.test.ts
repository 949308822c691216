import { expect, it } from "vitest";
import { Lane } from "../sdk/index.js";
import { priceOf } from "../core/pricing.js";
import { chatAsk, wireAsk } from "../../test/support/asks.js";
import { noCatalog } from "../../test/support/no-catalog.js";
import { quietView } from "../../test/support/quiet-view.js";
import { usualRoutes } from "../../test/support/route-defaults.js";
import { at, chats, routingWorld } from "../../test/support/routing-world.js";
import type { ProviderHandle } from "../core/target.js";

const speaking = (name: string, dialect: string) =>
  ({
    name,
    credentials: [undefined, undefined],
    ready: () => ({ provider: { wire: { chat: { dialect, path: "/x" }, baseUrl: "", headers: {} } } }),
  }) as unknown as ProviderHandle;

const { planned } = routingWorld({
  models: [
    {
      name: "smart",
      strategy: "weighted",
      sticky: { header: "x-user" },
      targets: [at("a", { price: priceOf({ input: "2", output: "8" }), weight: 3 }), at("b"), at("c")],
      fallbacks: ["spare"],
      contextFallbacks: ["long"],
      contentFallbacks: ["spare"],
      hedge: { afterMs: 500, maxPercent: 10 },
      shadows: [{ provider: "e", model: "new", percent: 5, keepText: false, maxInFlight: 1 }],
      onCut: "continue",
      timeoutMs: 9000,
    },
    { name: "clever", alias: "smart", targets: [] },
    { name: "spare", targets: [at("d")] },
    { name: "long", targets: [at("d", { model: "long" })] },
  ],
  providers: [speaking("a", "openai-chat"), speaking("b", "anthropic-messages"), ...["c", "d", "e"].map(chats)],
  catalog: {
    ...noCatalog,
    facts: (provider) => Promise.resolve(provider === "c" ? { lacks: ["tools"] as const } : {}),
  },
  viewOf: (target) =>
    target === "b/m"
      ? {
          ...quietView,
          inFlight: 4,
          unavailable: () => ({ reason: "it is ill", retryAfterMs: 1, ejected: false }),
          latency: () => ({ ttftMs: 1250, perTokenMs: 1, measuredAt: 0 }),
        }
      : quietView,
  allow: ["strategy", "sticky_key"],
  credentialsOf: ({ provider }) => ({
    unavailable: provider.name === "d" ? "its credential rests for another 20s" : undefined,
    resting: provider.name === "a" ? ["its credential one rests for another 9s"] : [],
  }),
});

it("an explanation is the plan itself, with all that it rests on", async () => {
  const ask = wireAsk({
    tools: [{ type: "function", function: { name: "f", parameters: { type: "object" } } }],
    max_tokens: 1000,
  });
  const { plan, explanation } = await planned({ model: "clever", ask, hints: { stickyKey: "me" }, explain: () => {} });
  expect(explanation).toMatchObject({
    model: "clever",
    route: "smart",
    strategy: "weighted",
    configVersion: "7",
    maxAttempts: 8,
    leftOut: [{ target: "c/m", reason: "takes no tools" }],
    notes: [
      "The choice stays with routing.sticky_key.",
      "Where the first target is without content for 500 ms, the second is asked too, for at most 10 % of the requests.",
      "A stream that is cut is continued by the next target that can.",
      "The exchange takes 9000 ms at most.",
      "Callers may wish no more than strategy, sticky_key.",
      "a/m: its credential one rests for another 9s.",
    ],
  });
  const targets = explanation?.targets ?? [];
  expect(targets.map(({ target, role, lane }) => [target, role, lane])).toEqual([
    ["a/m", "route", Lane.VERBATIM],
    ["b/m", "route", Lane.TRANSLATED],
    ["d/m", "fallback", Lane.TRANSLATED],
    ["d/long", "context_fallback", Lane.TRANSLATED],
    ["d/m", "content_fallback", Lane.TRANSLATED],
    ["e/new", "shadow", Lane.TRANSLATED],
  ]);
  expect(targets.slice(0, 3).map(({ target, reason }) => ({ target, reason }))).toEqual(
    plan?.map(({ target, reason }) => ({ target: target.name, reason })),
  );
  const tokens = explanation?.estimatedInputTokens ?? 0;
  expect(tokens).toBe(Math.ceil((ask.wire?.body.length ?? 0) / 4));
  expect(targets[0]?.estimatedNanoDollars).toBe(BigInt(tokens) * 2000n + 8_000_000n);
  expect(targets[1]).toMatchObject({
    unavailable: "it is ill",
    inFlight: 4,
    timeToFirstToken: { seconds: 1n, nanos: 250_000_000 },
    reason: "stays by weight; not available now: it is ill",
  });
  expect(targets[1]?.estimatedNanoDollars).toBeUndefined();
  expect(targets[0]?.unavailable).toBeUndefined();
  expect(targets[2]?.unavailable).toBe("its credential rests for another 20s");
});

it("a single target is explained too, and errors are those of the request", async () => {
  const { explanation } = await planned({ model: "c/any", ask: chatAsk({}), explain: () => {} });
  expect(explanation).toMatchObject({
    route: "c/any",
    strategy: "priority",
    targets: [{ target: "c/any", reason: "first by priority", role: "route" }],
    notes: ["Callers may wish no more than strategy, sticky_key."],
    maxAttempts: 2,
  });
  await expect(planned({ model: "nobody", explain: () => {} })).rejects.toMatchObject({ code: "model_not_found" });
});

it("says as many attempts as docs/resilience.md counts: targets, retries, further credentials, and walks begun anew", async () => {
  const most = async (entry: object): Promise<number | undefined> => {
    const world = routingWorld({
      models: [
        {
          name: "smart",
          targets: [at("a"), at("b"), at("c")],
          retry: { ...usualRoutes.retry, maxAttempts: 100 },
          ...entry,
        },
      ],
      providers: [speaking("a", "openai-chat"), ...["b", "c"].map(chats)],
    });
    return (await world.planned({ ask: chatAsk({}), explain: () => {} })).explanation?.maxAttempts;
  };
  expect(await most({})).toBe(3 + 1 + 1);
  expect(await most({ onCut: "continue" })).toBe(5 + 4 + 3);
  expect(await most({ strategy: "cascade" })).toBe(5 + 4 + 3);
  expect(await most({ retry: { ...usualRoutes.retry, maxAttempts: 4 } })).toBe(4);
});
