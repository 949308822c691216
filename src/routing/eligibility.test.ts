import { describe, expect, it } from "vitest";
import type { KnownFacts } from "../core/model-catalog.js";
import type { ProviderHandle } from "../core/target.js";
import { chatAsk, wireAsk } from "../../test/support/asks.js";
import { noCatalog } from "../../test/support/no-catalog.js";
import { at, chats, routingWorld } from "../../test/support/routing-world.js";

/** A world whose models are known by their providers' names; `a` to `e` unless it is told. */
function knowing(facts: Readonly<Record<string, KnownFacts>>, providers?: readonly ProviderHandle[]) {
  return routingWorld({
    models: [{ name: "smart", targets: ["a", "b", "c"].map((name) => at(name)) }],
    catalog: { ...noCatalog, facts: (provider) => Promise.resolve(facts[provider] ?? {}) },
    ...(providers !== undefined && { providers }),
  });
}

const image = { type: "image_url", image_url: { url: "https://a.example/x.png" } };
const withPart = (part: object) => wireAsk({ messages: [{ role: "user", content: [part] }] });
const tool = { type: "function", function: { name: "f", parameters: { type: "object" } } };
const schema = { type: "json_schema", json_schema: { name: "s", schema: { type: "object" } } };

describe("a target is left out that surely lacks", () => {
  it.each([
    ["image", { lacks: ["image"] }, withPart(image), "messages", "takes no image"],
    [
      "audio",
      { lacks: ["audio"] },
      withPart({ type: "input_audio", input_audio: { data: "AAAA", format: "wav" } }),
      "messages",
      "takes no audio",
    ],
    [
      "file",
      { lacks: ["file"] },
      withPart({ type: "file", file: { file_data: "data:application/pdf;base64,AAAA", filename: "a.pdf" } }),
      "messages",
      "takes no file",
    ],
    ["tools", { lacks: ["tools"] }, wireAsk({ tools: [tool] }), "tools", "takes no tools"],
    [
      "a JSON schema",
      { lacks: ["json_schema"] },
      wireAsk({ response_format: schema }),
      "response_format",
      "obeys no JSON",
    ],
  ] as const)("%s, and the error names the field where all of them do", async (_what, facts, ask, field, words) => {
    expect(await knowing({ a: facts }).names({ ask })).toEqual(["b/m", "c/m"]);
    expect(await knowing({ a: facts }).names({ ask: wireAsk({}) })).toEqual(["a/m", "b/m", "c/m"]);
    const refusal = await knowing({ a: facts, b: facts, c: facts }).refusal({ ask: { ...ask, chat: undefined } });
    expect(refusal).toMatchObject({ code: "unsupported", facts: { field } });
    for (const target of ["a/m", "b/m", "c/m"]) expect(refusal.message).toContain(`${target}: ${words}`);
  });

  it("room for the prompt, where the estimate is clearly above what it reads", async () => {
    const facts = { a: { contextWindow: 1000 }, b: { contextWindow: 3000 }, c: {} };
    const long = (bytes: number) =>
      wireAsk({ messages: [{ role: "user", content: "x".repeat(bytes) }], max_tokens: 100 });
    const { names, planned } = knowing(facts);
    // What is known of models is known once it was asked for.
    await planned();
    expect(await names({ ask: long(2000) })).toEqual(["a/m", "b/m", "c/m"]);
    // 1.15 times the window is a doubt.
    expect(await names({ ask: long(1050 * 4 - 100) })).toEqual(["a/m", "b/m", "c/m"]);
    expect(await names({ ask: long(1400 * 4) })).toEqual(["b/m", "c/m"]);
    expect(await names({ ask: long(9000 * 4) })).toEqual(["c/m"]);
    const refusal = await knowing({ ...facts, c: { contextWindow: 10 } }).refusal({ ask: long(9000 * 4) });
    expect(refusal).toMatchObject({ code: "context_length_exceeded", facts: { field: "messages" } });
  });

  it("and bytes that are no text are not counted as text", async () => {
    const url = `data:image/png;base64,${"A".repeat(400_000)}`;
    const ask = withPart({ type: "image_url", image_url: { url } });
    expect(await knowing({ a: { contextWindow: 4000 } }).names({ ask })).toEqual(["a/m", "b/m", "c/m"]);
  });

  it("the operation", async () => {
    const only = (name: string, method: string) =>
      ({ name, ready: () => ({ provider: { [method]: () => [] }, upstream: undefined }) }) as unknown as ProviderHandle;
    const providers = [only("a", "complete"), only("b", "embed"), chats("c")];
    const { names } = knowing({}, providers);
    expect(await names()).toEqual(["b/m", "c/m"]);
    expect(await names({ ask: chatAsk({}) })).toEqual(["a/m", "c/m"]);
    const refusal = await knowing(
      {},
      ["a", "b", "c"].map((name) => only(name, "complete")),
    ).refusal();
    expect(refusal.message).toContain("b/m: makes no embeddings");
  });
});

describe("what is not known", () => {
  it("may take anything, and so may a single target: its provider judges", async () => {
    expect(await knowing({}).names({ ask: withPart(image) })).toHaveLength(3);
    const alone = routingWorld({
      models: [{ name: "smart", targets: [at("a")] }],
      catalog: { ...noCatalog, facts: () => Promise.resolve({ lacks: ["image"] as const }) },
    });
    expect(await alone.names({ ask: withPart(image) })).toEqual(["a/m"]);
  });

  it("is asked for again when newer data may say otherwise, or a provider is loaded later", async () => {
    let revision = 0;
    let lacks: KnownFacts["lacks"];
    let now = 0;
    let broken = true;
    const late = {
      name: "b",
      ready: () => (broken ? Promise.reject(new Error("not now")) : { provider: { embed: () => [] } }),
    } as unknown as ProviderHandle;
    const { names } = routingWorld({
      models: [{ name: "smart", targets: [at("a"), at("b")] }],
      providers: [chats("a"), late],
      catalog: {
        ...noCatalog,
        facts: (provider) => Promise.resolve(provider === "a" ? { lacks } : {}),
        revision: () => revision,
      },
      clock: { monotonic: () => now, wall: () => now },
    });
    const settle = () => new Promise((resolve) => setImmediate(resolve));
    const ask = withPart(image);
    expect(await names({ ask })).toEqual(["a/m", "b/m"]);
    lacks = ["image"];
    revision = 1;
    await names({ ask });
    await settle();
    expect(await names({ ask })).toEqual(["b/m"]);
    broken = false;
    lacks = undefined;
    revision = 2;
    now = 2000;
    await names({ ask });
    await settle();
    expect(await names({ ask }), "b makes embeddings alone").toEqual(["a/m"]);
  });
});

it("when all of them read too little, the targets for long conversations are asked", async () => {
  const { reasons } = routingWorld({
    models: [
      { name: "smart", targets: [at("a"), at("b")], contextFallbacks: ["long"] },
      { name: "long", targets: [at("c")] },
    ],
    catalog: { ...noCatalog, facts: (provider) => Promise.resolve({ contextWindow: provider === "c" ? 99_999 : 100 }) },
  });
  const ask = wireAsk({ messages: [{ role: "user", content: "x".repeat(20_000) }] });
  expect(await reasons({ ask })).toEqual(["c/m: for long conversations, long, first by priority"]);
});
