import OpenAI from "openai";
import { afterAll, beforeAll, describe, it } from "vitest";
import { startTestGateway, type TestGateway } from "../../kits/gateway.js";
import { openAiAnswer } from "../../kits/openai-wire.js";
import type { Script } from "../../kits/script.js";
import { answerJson, startUpstream, type TestUpstream } from "../../kits/upstream.js";

const ANSWER: Script = { text: "at last", finish: "stop", inputTokens: 1, outputTokens: 2 };
// HTTP's dates have whole seconds.
const inSeconds = (seconds: number): number => Math.floor(Date.now() / 1000) * 1000 + seconds * 1000;

/** A header by which a provider asks to wait, for each of two waits. */
interface Wish {
  readonly name: string;
  /** Milliseconds after which it may be called again, and the header that says so. */
  readonly short: readonly [milliseconds: number, headers: () => Record<string, string>];
  readonly long: () => Record<string, string>;
}

const LONG_S = 300;
const now = (): Record<string, string> => ({ date: new Date(inSeconds(0)).toUTCString() });
const wishes: readonly Wish[] = [
  {
    name: "retry-after in seconds",
    short: [1000, () => ({ "retry-after": "1" })],
    long: () => ({ "retry-after": String(LONG_S) }),
  },
  {
    name: "retry-after as a date",
    short: [1000, () => ({ ...now(), "retry-after": new Date(inSeconds(1)).toUTCString() })],
    long: () => ({ ...now(), "retry-after": new Date(inSeconds(LONG_S)).toUTCString() }),
  },
  {
    name: "retry-after-ms",
    short: [600, () => ({ "retry-after-ms": "600" })],
    long: () => ({ "retry-after-ms": String(LONG_S * 1000) }),
  },
  {
    name: "x-ratelimit-reset-requests",
    short: [600, () => ({ "x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "600ms" })],
    long: () => ({ "x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "5m0s" }),
  },
  {
    name: "x-ratelimit-reset-tokens",
    short: [600, () => ({ "x-ratelimit-remaining-tokens": "0", "x-ratelimit-reset-tokens": "0.6s" })],
    long: () => ({ "x-ratelimit-remaining-tokens": "0", "x-ratelimit-reset-tokens": `${LONG_S}s` }),
  },
  ...["requests", "tokens", "input-tokens", "output-tokens"].map((what) => {
    const limit = (seconds: number): Record<string, string> => ({
      ...now(),
      [`anthropic-ratelimit-${what}-remaining`]: "0",
      [`anthropic-ratelimit-${what}-reset`]: new Date(inSeconds(seconds)).toISOString(),
    });
    return {
      name: `anthropic-ratelimit-${what}-reset`,
      short: [1000, () => limit(1)] as const,
      long: () => limit(LONG_S),
    };
  }),
];

let upstream: TestUpstream;
let gateway: TestGateway;
let client: OpenAI;
/** When each model was called, by its name. */
const calls = new Map<string, number[]>();

beforeAll(async () => {
  upstream = await startUpstream((request, response) => {
    const model = request.json().model as string;
    const times = calls.get(model) ?? [];
    calls.set(model, [...times, performance.now()]);
    const [wait, index] = model.split(".");
    const wish = wishes[Number(index)];
    if (wait === "spare" || wish === undefined || times.length > 0) {
      return answerJson(openAiAnswer(ANSWER))(request, response);
    }
    const headers = wait === "long" ? wish.long() : wish.short[1]();
    return answerJson(
      { error: { message: "slow down", code: "rate_limit_exceeded" } },
      429,
      headers,
    )(request, response);
  });
  // A provider for each, since what one is asked to wait holds for all that is called with its credential.
  const provider = { plugin: "openai", base_url: `${upstream.url}/v1`, api_key: "k" };
  const providers: Record<string, object> = { spare: provider };
  const models: Record<string, object> = {};
  wishes.forEach((_wish, index) => {
    for (const wait of ["short", "long", "spared"]) {
      const name = `${wait}.${index}`;
      providers[`p-${wait}-${index}`] = provider;
      const targets = [{ provider: `p-${wait}-${index}`, model: name.replace("spared", "long") + `.${wait}` }];
      if (wait === "spared") targets.push({ provider: "spare", model: `spare.${index}` });
      models[name] = { targets };
    }
  });
  gateway = await startTestGateway(JSON.stringify({ server: { port: 0 }, resilience: {}, providers, models }));
  client = new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: "any", maxRetries: 0 });
});

afterAll(async () => {
  await gateway.stop();
  await upstream.close();
});

const ask = (model: string): Promise<OpenAI.ChatCompletion> =>
  client.chat.completions.create({ model, messages: [{ role: "user", content: "Hi" }] });

// They wait side by side.
describe.concurrent.each(wishes.map((wish, index) => ({ ...wish, index })))("$name", ({ short, index }) => {
  it("is obeyed where it is short: the second call does not come before", async ({ expect }) => {
    const answer = await ask(`short.${index}`);
    expect(answer.choices[0]?.message.content).toBe("at last");
    const [first = 0, second = 0, ...more] = calls.get(`short.${index}.short`) ?? [];
    expect(more).toEqual([]);
    // Clocks of a process differ by less than that.
    expect(second - first).toBeGreaterThan(short[0] - 20);
  });

  it("is told to the caller where it is long, and nobody is called before it has passed", async ({ expect }) => {
    // Of the second it is known that nobody can be asked, and for the caller it is the same limit.
    for (const status of [429, 429]) {
      const error = await ask(`long.${index}`).then(
        () => expect.fail("it was answered"),
        (thrown: InstanceType<typeof OpenAI.APIError>) => thrown,
      );
      expect(error.status).toBe(status);
      const told = Number(error.headers?.get("retry-after"));
      expect(told).toBeGreaterThan(LONG_S - 20);
      expect(told).toBeLessThanOrEqual(LONG_S + 1);
      expect(calls.get(`long.${index}.long`)).toHaveLength(1);
    }
  });

  it("is no reason to wait where another target is left, and is remembered", async ({ expect }) => {
    for (let asked = 0; asked < 2; asked += 1) {
      expect((await ask(`spared.${index}`)).choices[0]?.message.content).toBe("at last");
      expect(calls.get(`long.${index}.spared`)).toHaveLength(1);
    }
  });
});
