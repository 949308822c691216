import { request as httpRequest } from "node:http";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { startTestGateway, type TestGateway } from "../kits/gateway.js";
import { openAiAnswer, openAiStream } from "../kits/openai-wire.js";
import { answerJson, answerSse, type Behaviour, startUpstream, type TestUpstream } from "../kits/upstream.js";

const SCRIPT = { text: "one two three", finish: "stop", inputTokens: 1, outputTokens: 3 } as const;
const good = answerJson(openAiAnswer(SCRIPT));
const refuse = (status: number, headers: Record<string, string> = {}): Behaviour =>
  answerJson({ error: { message: "no" } }, status, headers);
/** Each request is answered by the next behaviour, from the last one on all of them. */
const inTurn = (...behaviours: Behaviour[]): Behaviour => {
  let count = 0;
  return (request, response) => {
    const behaviour = behaviours[Math.min(count, behaviours.length - 1)] as Behaviour;
    count += 1;
    return behaviour(request, response);
  };
};

let first: TestUpstream;
let second: TestUpstream;
let gateway: TestGateway;

beforeEach(async () => {
  first = await startUpstream();
  second = await startUpstream(good);
});
afterEach(async () => {
  await gateway.stop();
  await first.close();
  await second.close();
});

/** A gateway with the usual retries. */
const start = async (retry = "{}", provider = ""): Promise<void> => {
  gateway = await startTestGateway(`
server: { port: 0 }
resilience: { retry: ${retry}, breaker: { failures: 0, failure_percent: 0 } }
providers:
  a: { plugin: openai, base_url: "${first.url}/v1"${provider} }
  b: { plugin: openai, base_url: "${second.url}/v1" }
models:
  alone: { targets: [{ provider: a, model: m }] }
  long: { targets: [{ provider: a, model: m }], context_fallbacks: [b/longer], content_fallbacks: [b/laxer], timeout: 1s }
  both: { targets: [{ provider: a, model: m }, { provider: b, model: m, priority: 1 }] }
`);
};
const KEYS = ", credentials: [{ name: one, api_key: key-one }, { name: two, api_key: key-two }]";

const ask = (model: string, body: object = {}): Promise<Response> =>
  fetch(`${gateway.url}/v1/chat/completions`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ model, messages: [{ role: "user", content: "Hi" }], ...body }),
  });
const keysOf = ({ seen }: TestUpstream): (string | undefined)[] => seen.map(({ headers }) => headers.authorization);

describe("with the usual retries", () => {
  it.each([408, 429, 500, 503, 529])(
    "a sole target that answers %s once is asked again, and the client never knows",
    async (status) => {
      await start();
      first.behave(inTurn(refuse(status), good));
      const answer = await ask("alone");
      expect(answer.status).toBe(200);
      expect(answer.headers.get("x-parlance-attempts")).toBe("2");
      expect(first.seen).toHaveLength(2);
    },
  );

  it("a target is not asked again while there is another", async () => {
    await start();
    first.behave(refuse(500));
    expect((await ask("both")).status).toBe(200);
    expect([first.seen.length, second.seen.length]).toEqual([1, 1]);
  });

  it("a request that is at fault itself is not asked again", async () => {
    await start();
    first.behave(refuse(400));
    expect((await ask("both")).status).toBe(400);
    expect([first.seen.length, second.seen.length]).toEqual([1, 0]);
  });

  it("a provider's wish to wait is obeyed, and never called before it is over", async () => {
    await start();
    const at: number[] = [];
    const turn = inTurn(refuse(429, { "retry-after": "1" }), good);
    first.behave((request, response) => {
      at.push(performance.now());
      return turn(request, response);
    });
    const asked = [ask("alone")];
    while (at.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    await new Promise((resolve) => setTimeout(resolve, 50));
    asked.push(ask("alone"));
    expect((await Promise.all(asked)).map(({ status }) => status)).toEqual([200, 200]);
    const [refused = 0, ...later] = at;
    expect(later).toHaveLength(2);
    for (const time of later) expect(time - refused).toBeGreaterThanOrEqual(999);
  });

  it("a provider's wish that is too long is told to the client, and leaves the target alone for those that follow", async () => {
    await start();
    first.behave(refuse(429, { "x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "2m0s" }));
    const limited = await ask("alone");
    expect([limited.status, limited.headers.get("retry-after")]).toEqual([429, "120"]);
    const later = await ask("alone");
    expect(later.status).toBe(429);
    expect(await later.text()).toContain("its credential rests for another");
    expect(Number(later.headers.get("retry-after"))).toBeGreaterThan(100);
    expect((await ask("both")).status).toBe(200);
    expect([first.seen.length, second.seen.length]).toEqual([1, 1]);
  });

  it.each([401, 402, 403])(
    "a credential that is refused with %s is left alone, and the next is asked at once",
    async (status) => {
      await start("{}", KEYS);
      first.behave((request, response) =>
        (request.headers.authorization === "Bearer key-one" ? refuse(status) : good)(request, response),
      );
      for (let i = 0; i < 4; i += 1) expect((await ask("alone")).status).toBe(200);
      expect(keysOf(first)).toEqual(["Bearer key-one", ...Array.from({ length: 4 }, () => "Bearer key-two")]);
      const [record] = gateway.records().filter(({ msg }) => msg === "exchange");
      expect(record?.credential).toBe("two");
    },
  );
});

describe("fallbacks of their own", () => {
  it.each([
    ["a conversation that is too long", "This model's maximum context length is 10 tokens.", undefined, "longer"],
    ["content that is declined", "No.", "content_filter", "laxer"],
  ])("answer %s", async (_what, message, code, model) => {
    await start();
    first.behave(answerJson({ error: { message, code } }, 400));
    const answer = await ask("long");
    expect(answer.status).toBe(200);
    expect(answer.headers.get("x-parlance-target")).toBe(`b/${model}`);
  });
});

it("a model's own timeout ends an exchange with it, by its name", async () => {
  await start();
  first.behave(() => {});
  const late = await ask("long");
  expect(late.status).toBe(504);
  expect(await late.text()).toContain("within 1000 ms (the model's timeout)");
});

describe("a wait", () => {
  it("ends at once with the client that leaves", async () => {
    await start();
    first.behave(refuse(429, { "retry-after": "20" }));
    const sent = httpRequest(`${gateway.url}/v1/chat/completions`, {
      method: "POST",
      headers: { "content-type": "application/json" },
    });
    sent.on("error", () => {});
    sent.end(JSON.stringify({ model: "alone", messages: [{ role: "user", content: "Hi" }] }));
    while (first.seen.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    sent.destroy();
    const ended = () => gateway.records().filter(({ msg }) => msg === "exchange");
    while (ended().length === 0) await new Promise((resolve) => setTimeout(resolve, 20));
    expect(ended()[0]).toMatchObject({ error: "cancelled" });
    expect(first.seen).toHaveLength(1);
  });
});

describe("a stream", () => {
  it("without content in time is given up by the name of its setting, and the next target answers", async () => {
    await start("{ retries: 0 }", ", timeouts: { first_content: 300ms }");
    const pings: Behaviour = (_request, response) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      const timer = setInterval(() => response.write(": ping\n\n"), 20);
      response.on("close", () => clearInterval(timer));
    };
    first.behave(pings);
    second.behave(answerSse(openAiStream(SCRIPT)));
    const answer = await ask("both", { stream: true });
    expect(await answer.text()).toContain("three");
    const failed = await ask("alone", { stream: true });
    expect(failed.status).toBe(504);
    expect(await failed.text()).toContain("(providers.a.timeouts.first_content)");
  });

  it("that takes too long as a whole is ended, and the client is told how", async () => {
    await start("{ retries: 0 }", ", timeouts: { attempt: 400ms }");
    const event = openAiStream(SCRIPT).split("\n\n").slice(0, 2).join("\n\n");
    first.behave((_request, response) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.write(`${event}\n\n`);
      const timer = setInterval(() => response.write(`${event.split("\n\n")[1]}\n\n`), 20);
      response.on("close", () => clearInterval(timer));
    });
    const text = await (await ask("alone", { stream: true })).text();
    expect(text).toContain("(providers.a.timeouts.attempt)");
    expect(text).not.toContain("[DONE]");
  });
});
