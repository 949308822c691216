import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { fileURLToPath } from "node:url";
import { pluginsOf, until } from "../kits/child-processes.js";
import { startTestGateway, type TestGateway } from "../kits/gateway.js";
import { buildProgram } from "../kits/program.js";

const PLUGINS = fileURLToPath(new URL("../support/plugins", import.meta.url));
const SECRET = "sk-moody-4711-4711";
const WATCH = "health_interval: 500ms, crash_budget: 50";
const PLACES = ["here", "thread", "child"] as const;
const ELSEWHERE = ["thread", "child"] as const;

let gateway: TestGateway;
beforeAll(async () => {
  buildProgram();
  process.env.MOODY_VARIABLE = "asked for";
  process.env.SOMEBODY_ELSES_SECRET = "sk-of-another";
  gateway = await startTestGateway(
    `server: { port: 0 }
providers:
  good: { plugin: simulator }
  here: { plugin: moody, api_key: ${SECRET}, timeouts: { first_byte: 1s, idle: 1s } }
  thread: { plugin: moody, api_key: ${SECRET}, isolation: worker, timeouts: { connect: 1s, first_byte: 8s, idle: 8s }, supervision: { ${WATCH}, memory_limit: 64 } }
  child: { plugin: moody, api_key: ${SECRET}, isolation: process, timeouts: { connect: 1s, first_byte: 8s, idle: 8s }, supervision: { ${WATCH}, memory_limit: 180 } }
  hungry: { plugin: moody, isolation: worker, supervision: { health_interval: 20s, memory_limit: 64 } }
  hasty: { plugin: moody, isolation: process, timeouts: { connect: 100ms, first_byte: 200ms } }
  hasty-thread: { plugin: moody, isolation: worker, timeouts: { connect: 100ms, first_byte: 200ms } }
  greeting: { plugin: moody, isolation: process, settings: { greeting: Servus } }
  refused: { plugin: moody, isolation: process, settings: { refuse: true } }
  thrown: { plugin: throws-on-import }
  thrown-child: { plugin: throws-on-import, isolation: process, supervision: { crash_budget: 2 } }
  newer: { plugin: newer-api }
  newer-child: { plugin: newer-handshake }
  dead: { plugin: exits-at-once, supervision: { crash_budget: 2 } }
  deaf: { plugin: never-listens, supervision: { start_timeout: 400ms, crash_budget: 1 } }
  noisy: { plugin: noisy-socket, supervision: { start_timeout: 1s, crash_budget: 1 } }
models:
  falls-back: { targets: [{ provider: child, model: exit, priority: 0 }, { provider: good, model: echo, priority: 1 }] }
`,
    {},
    { pluginPaths: [PLUGINS] },
  );
});
afterAll(async () => {
  await gateway.stop();
  expect(pluginsOf()).toEqual([]);
});

interface Answer {
  readonly status: number;
  readonly text: string;
  readonly error: {
    readonly message: string;
    readonly code: string;
    readonly parlance?: { readonly provider?: string };
  };
}

async function ask(model: string, stream = false): Promise<Answer> {
  const response = await fetch(`${gateway.url}/v1/chat/completions`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ model, stream, messages: [{ role: "user", content: "Hi there" }] }),
  });
  const body = await response.text();
  const values = stream && response.status === 200 ? eventsOf(body) : [JSON.parse(body)];
  const choices = values.flatMap((value) => value.choices ?? []);
  return {
    status: response.status,
    text: choices.map(({ message, delta }) => (message ?? delta).content ?? "").join(""),
    error: values.find((value) => value.error !== undefined)?.error,
  };
}

function eventsOf(body: string) {
  return body
    .split("\n")
    .filter((line) => line.startsWith("data: {"))
    .map((line) => JSON.parse(line.slice(6)));
}

/** Asks until the plugin, which was just ended, answers again. */
async function answersAgain(provider: string): Promise<void> {
  await until(async () => (await ask(`${provider}/talk`)).status === 200);
}

const statusOf = (name: string) => gateway.plugins().find((plugin) => plugin.name === name);

describe("a plugin, wherever it runs,", () => {
  it.each(PLACES)("answers whole and as a stream: %s", async (place) => {
    expect((await ask(`${place}/talk`)).text).toBe("Hello, world");
    expect((await ask(`${place}/talk`, true)).text).toBe("Hello, world");
    expect((await ask(`${place}/many`, true)).text).toMatch(/^word0 .* word199 $/);
  });

  it.each(PLACES)("embeds, and counts tokens: %s", async (place) => {
    const call = async (path: string, body: object) => {
      const response = await fetch(`${gateway.url}${path}`, {
        method: "POST",
        headers: { "content-type": "application/json", "anthropic-version": "2023-06-01" },
        body: JSON.stringify(body),
      });
      return response.json();
    };
    const embedded = await call("/v1/embeddings", { model: `${place}/talk`, input: ["a", "b"] });
    expect(embedded).toMatchObject({ data: [{ embedding: [1, 2, 3] }, { embedding: [1, 2, 3] }] });
    const messages = [{ role: "user", content: "Hi" }];
    expect(await call("/v1/messages/count_tokens", { model: `${place}/talk`, messages })).toEqual({ input_tokens: 42 });
  });

  it.each(PLACES)("tells an error of the house as it was thrown: %s", async (place) => {
    const { status, error } = await ask(`${place}/refuse`);
    expect(status).toBe(429);
    expect(error.message).toContain("Too fast.");
  });

  it.each(PLACES)("is named where it throws anything else, whose words stay inside: %s", async (place) => {
    const { status, error } = await ask(`${place}/throw`);
    expect(status).toBe(502);
    expect(error.message).toContain('The plugin "moody" failed');
    expect(error.message).not.toContain("private");
  });

  it.each(PLACES)("is named where events come after the end, or out of order: %s", async (place) => {
    for (const stream of [false, true]) {
      const disorder = await ask(`${place}/disorder`, stream);
      expect(disorder.status).toBe(502);
      expect(disorder.error.message).toContain('The plugin "moody" breaks its promises');
      const after = await ask(`${place}/afterEnd`, stream);
      expect(after.error.message).toContain("textDelta after the end");
    }
  });

  it.each(PLACES)("is named where its stream ends too early, or never begins to say anything: %s", async (place) => {
    expect((await ask(`${place}/cut`)).error.message).toContain('The stream of the plugin "moody" ended before');
    expect((await ask(`${place}/pings`)).error.message).toContain("goes on without an end");
    expect((await ask(`${place}/pings`, true)).error.message).toContain("goes on without any content");
  });

  it.each(["hasty", "hasty-thread"])(
    "is given up on where it says nothing for longer than its time-out: %s",
    async (place) => {
      const { status, error } = await ask(`${place}/silent`);
      expect(status).toBe(504);
      expect(error.message).toContain('The plugin "moody" did not begin its answer');
    },
  );

  it("takes its settings", async () => {
    expect((await ask("greeting/talk")).text).toBe("Servus, world");
  });
});

describe("a plugin out of the gateway's thread", () => {
  it.each([
    ["thread", "loop", "did not answer within 500 ms"],
    ["child", "loop", "did not answer within 500 ms"],
    ["thread", "exit", "exit code 7"],
    ["child", "exit", "exit code 7"],
    ["hungry", "bomb", "supervision.memory_limit"],
    ["child", "bomb", "supervision.memory_limit"],
    ["hungry", "buffers", "supervision.memory_limit"],
    ["child", "buffers", "supervision.memory_limit"],
  ])("(%s) is ended by %s, told why, started again, and others are not touched", async (place, model, why) => {
    await answersAgain(place);
    const failing = ask(`${place}/${model}`);
    let others = 0;
    let over = false;
    void failing.finally(() => {
      over = true;
    });
    while (!over) {
      const [simulated, neighbour] = await Promise.all([ask("good/echo"), ask("here/talk")]);
      expect([simulated.status, neighbour.status]).toEqual([200, 200]);
      others += 1;
    }
    expect(others).toBeGreaterThan(0);
    const { status, error } = await failing;
    expect(status).toBe(502);
    expect(error.code).toBe("provider_unavailable");
    expect(error.message).toContain('The plugin "moody"');
    await answersAgain(place);
    const crash = gateway.records().findLast((record) => record.msg === "plugin crashed");
    expect(crash).toMatchObject({ plugin: "moody", provider: place });
    expect(crash?.reason).toContain(why);
  });

  it("leaves its caller to the next target of the plan", async () => {
    await answersAgain("child");
    expect(await ask("falls-back")).toMatchObject({ status: 200, text: "Hi there" });
  });

  it.each(ELSEWHERE)(
    "gets the variables that its manifest asks for, and none of the gateway's own: %s",
    async (place) => {
      await answersAgain(place);
      const names = (await ask(`${place}/variables`)).text.split(" ");
      expect(names).toContain("MOODY_VARIABLE");
      expect(names).toContain("PATH");
      expect(names).not.toContain("SOMEBODY_ELSES_SECRET");
      expect(names.filter((name) => name.startsWith("PARLANCE_"))).toEqual(
        place === "thread"
          ? ["PARLANCE_PLUGIN_API"]
          : [
              "PARLANCE_PLUGIN_API",
              "PARLANCE_PLUGIN_MAX_MESSAGE_BYTES",
              "PARLANCE_PLUGIN_SOCKET",
              "PARLANCE_PLUGIN_TOKEN",
            ],
      );
    },
  );

  it.each(ELSEWHERE)("has what it prints in the gateway's log, without its credential: %s", async (place) => {
    await answersAgain(place);
    await ask(`${place}/print`);
    const printed = () =>
      gateway.records().filter((record) => record.msg === "plugin printed" && record.provider === place);
    await until(() => printed().length >= 2);
    expect(printed()).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ plugin: "moody", on: "stdout", line: "the key is [hidden]" }),
        expect.objectContaining({ plugin: "moody", on: "stderr", line: "and an error" }),
      ]),
    );
    expect(JSON.stringify(gateway.records())).not.toContain(SECRET);
  });
});

describe("the last words of a plugin's process", () => {
  it("are told without its credential, in the log as in its state", async () => {
    await answersAgain("child");
    await ask("child/tell");
    const told = () =>
      gateway.records().filter((record) => record.msg === "plugin crashed" && record.provider === "child");
    await until(() => told().some((record) => String(record.reason).includes("I die of [hidden]")));
    expect(JSON.stringify([gateway.records(), gateway.plugins()])).not.toContain(SECRET);
    await answersAgain("child");
  });
});

describe("a plugin that cannot be used", () => {
  it.each([
    ["thrown/x", "not today"],
    ["thrown-child/x", "not today"],
    ["newer/x", "It speaks plugin api 7; this gateway accepts 1. Update the gateway"],
    ["newer-child/x", "It speaks plugin api 2; this gateway accepts 1. Update the gateway"],
    ["dead/x", "exit code 3"],
    ["deaf/x", "It could not be asked within 0.4 seconds (supervision.start_timeout)."],
    ["noisy/x", "It could not be asked within 1 seconds (supervision.start_timeout)."],
  ])("is told with its reason, and leaves the others as they are: %s", async (model, why) => {
    const { status, error } = await ask(model);
    expect(status).toBe(502);
    expect(error.code).toBe("provider_unavailable");
    expect(error.message).toMatch(/The plugin "[a-z-]+" cannot be used/);
    expect(error.message).toContain(why);
    expect((await ask("good/echo")).status).toBe(200);
    expect((await fetch(`${gateway.url}/ready`)).status).toBe(200);
  });

  it("is given up after its crash budget, with the last words of its process, and not started for every call", async () => {
    await until(async () => {
      await ask("dead/x");
      return statusOf("exits-at-once")?.state === "failed";
    });
    expect(statusOf("exits-at-once")?.reason).toContain("crashed 2 times within 60 seconds (supervision.crash_budget)");
    expect(statusOf("exits-at-once")?.reason).toContain("Its last words: no licence found");
    const given = gateway.records().filter((record) => record.msg === "plugin given up").length;
    expect((await ask("dead/x")).error.message).toContain("It is given up until it is reloaded.");
    expect(gateway.records().filter((record) => record.msg === "plugin given up")).toHaveLength(given);
  });

  it("names the setting that it refuses", async () => {
    const { status, error } = await ask("refused/talk");
    expect(status).toBe(400);
    expect(error.message).toContain("It is to be refused.");
  });

  it("is listed as failed beside those that are ready", async () => {
    await ask("newer-child/x");
    expect(statusOf("newer-api")?.state).toBe("failed");
    expect(statusOf("newer-handshake")).toMatchObject({ state: "failed" });
    expect(statusOf("simulator")?.state).toBe("ready");
  });
});
