import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from "vitest";
import { openAiAnswer } from "../kits/openai-wire.js";
import { buildProgram, type Ended, runProgram, startProgram } from "../kits/program.js";
import { type Serving, startServing } from "../kits/serving.js";
import { answerJson, startUpstream, type TestUpstream } from "../kits/upstream.js";

const KEY = "sesame-open-0123456789";
const GOOD = answerJson(openAiAnswer({ text: "hello", finish: "stop", inputTokens: 1, outputTokens: 1 }));

let upstream: TestUpstream;
let serving: Serving;
beforeAll(async () => {
  buildProgram();
  upstream = await startUpstream(GOOD);
}, 120_000);
afterAll(() => upstream.close());
beforeEach(async () => {
  upstream.behave(GOOD);
  upstream.seen.length = 0;
  serving = await startServing(`
providers: { up: { plugin: openai, base_url: "${upstream.url}/v1" } }
models:
  smart: { targets: [{ provider: up, model: big }, { provider: up, model: "org/small:8b", priority: 1 }] }
  quick: { alias: smart }
admin: { key: ${KEY} }
`);
});
afterEach(() => serving.remove());

const world = () => ({ cwd: serving.cwd, environment: { PARLANCE_ADMIN_KEY: KEY } });

function parlance(words: string): Promise<Ended> {
  return runProgram([...words.split(" "), "--url", serving.url], world());
}

async function well(words: string): Promise<string> {
  const { code, out, error } = await parlance(words);
  expect({ code, error }).toEqual({ code: 0, error: "" });
  return out;
}

const ask = (model = "smart"): Promise<Response> =>
  fetch(`${serving.url}/v1/chat/completions`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ model, messages: [{ role: "user", content: "Hi" }] }),
  });

it("targets are listed, told of, tripped for a while, and reset", async () => {
  expect((await ask()).status).toBe(200);
  expect(await well("target list")).toMatch(/^up\/big +closed +0 +0\/1 +\S+ ms$/m);
  expect(await well("target get up/org/small:8b")).toMatch(/^models +quick, smart$/m);
  expect(await well("target trip up/big --for 1m30s")).toMatch(/^reason +by an operator$/m);
  const [target] = JSON.parse(await well("target list --json")) as { openUntil: string }[];
  expect(Date.parse(target?.openUntil ?? "") - Date.now()).toBeLessThanOrEqual(90_000);
  expect((await ask()).headers.get("x-parlance-target")).toBe("up/org/small:8b");
  expect(await well("target reset up/big")).toMatch(/^state +closed$/m);
  expect((await ask()).headers.get("x-parlance-target")).toBe("up/big");
});

it("routes are listed, told of, tripped and reset with all their targets", async () => {
  expect(await well("route list")).toMatch(/^smart +priority +up\/big +closed$/m);
  expect(await well("route list")).toMatch(/^quick +alias +smart$/m);
  expect(await well("route get smart")).toMatch(/^member +up\/org\/small:8b, closed, priority 1, weight 1$/m);
  await well("route trip quick");
  expect((await ask()).status).toBe(503);
  await well("route reset smart");
  expect((await ask()).status).toBe(200);
});

it("a drain is waited for until nothing runs any more", async () => {
  let letGo = (): void => {};
  const held = new Promise<void>((resolve) => (letGo = resolve));
  upstream.behave(async (...call) => {
    await held;
    await GOOD(...call);
  });
  const running = ask();
  await expect.poll(() => upstream.seen.length).toBe(1);
  const drain = startProgram(["target", "drain", "up/big", "--wait", "--url", serving.url], world());
  await drain.said("error", /up\/big: 1 attempt runs\n/);
  letGo();
  expect((await running).status).toBe(200);
  const { code, out } = await drain.ended;
  expect(code).toBe(0);
  expect(out).toMatch(/^state +drained$/m);
  expect(out).toMatch(/^running +0$/m);
});

it("a watch tells each target and what changes, until it is ended", async () => {
  const watch = startProgram(["target", "watch", "--url", serving.url], world());
  await watch.said("out", /up\/big {2}closed[\s\S]*up\/org\/small:8b {2}closed/);
  await well("target drain up/big");
  await watch.said("out", /up\/big {2}drained/);
  watch.signal("SIGINT");
  expect(await watch.ended).toMatchObject({ code: 0, error: "" });
});

it("what is not there is told with near names, and what is not understood with the usage", async () => {
  expect(await parlance("target get up/bigg")).toMatchObject({
    code: 1,
    error: 'parlance: There is no target "up/bigg". Near names: up/big.\n',
  });
  expect(await parlance("route drain smrt")).toMatchObject({ code: 1, error: expect.stringContaining("smart") });
  expect(await parlance("target trip up/big --for soon")).toMatchObject({
    code: 2,
    error: expect.stringContaining("It must be a duration such as 30s or 10m."),
  });
});
