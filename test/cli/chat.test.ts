import { tmpdir } from "node:os";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startTestGateway, type TestGateway } from "../kits/gateway.js";
import { openAiStream } from "../kits/openai-wire.js";
import { buildProgram, type Ended, type Program, runProgram, startProgram } from "../kits/program.js";
import { startUpstream, type TestUpstream } from "../kits/upstream.js";

const STREAM = openAiStream({ text: "one two three", finish: "stop", inputTokens: 7, outputTokens: 3 });
const HALF = STREAM.slice(0, STREAM.indexOf("two"));

let upstream: TestUpstream;
let gateway: TestGateway;
const cwd = tmpdir();

beforeAll(async () => {
  buildProgram();
  upstream = await startUpstream();
  gateway = await startTestGateway(`
server: { port: 0 }
providers:
  simulator:
  up: { plugin: openai, base_url: "${upstream.url}/v1" }
models:
  smart: { targets: [ { provider: up, model: big } ] }
`);
}, 120_000);
afterAll(async () => {
  await gateway.stop();
  await upstream.close();
});

function chat(words: readonly string[], flags: readonly string[] = [], input = ""): Promise<Ended> {
  return runProgram(["chat", "--url", gateway.url, ...flags, ...words], { cwd, input });
}

describe("chat", () => {
  it("prints the answer, and beside it the model, the tokens and the times", async () => {
    expect(await chat(["Hello", "there"])).toMatchObject({
      code: 0,
      out: "Hello there\n",
      error: expect.stringMatching(
        /^simulator\/echo.* · \d+ tokens in, \d+ out · first token after \d+ ms · \d+ ms in all\n$/,
      ),
    });
  });

  it("prints each piece as it comes", async () => {
    let goOn = (): void => {};
    upstream.behave((_request, response) => {
      response
        .writeHead(200, { "content-type": "text/event-stream" })
        .write(HALF.slice(0, HALF.lastIndexOf("\n\n") + 2));
      goOn = () => response.end(STREAM.slice(HALF.lastIndexOf("\n\n") + 2));
    });
    const program: Program = startProgram(["chat", "--url", gateway.url, "-m", "smart", "Count"], { cwd });
    await program.said("out", /^one/);
    expect(program.out()).not.toContain("two");
    goOn();
    const { code, out, error } = await program.ended;
    expect({ code, out }).toEqual({ code: 0, out: "one two three\n" });
    expect(error).toContain("smart");
    expect(error).toContain("7 tokens in, 3 out");
  });

  it("reads its prompt from a pipe, and sends instructions along", async () => {
    upstream.behave((_request, response) => {
      response.writeHead(200, { "content-type": "text/event-stream" }).end(STREAM);
    });
    upstream.seen.length = 0;
    expect(await chat(["-"], ["-m", "smart", "-s", "Be brief"], "  Count\n")).toMatchObject({ code: 0 });
    expect(upstream.seen[0]?.json()).toMatchObject({
      model: "big",
      messages: [
        { role: "system", content: "Be brief" },
        { role: "user", content: "Count" },
      ],
    });
  });

  it("says that there is no prompt, and ends with 1", async () => {
    expect(await chat([])).toMatchObject({
      code: 1,
      out: "",
      error: "parlance: There is nothing to say: give a prompt, or pipe one in.\n",
    });
  });

  it("says that no gateway answers, and ends with 1", async () => {
    const url = "http://127.0.0.1:9";
    expect(await runProgram(["chat", "--url", url, "Hello"], { cwd })).toMatchObject({
      code: 1,
      out: "",
      error: expect.stringContaining(`No gateway answers at ${url}.`),
    });
  });

  it("says what the gateway says, and ends with 1", async () => {
    const { code, out, error } = await chat(["Hello"], ["-m", "simulatr/echo"]);
    expect({ code, out }).toEqual({ code: 1, out: "" });
    expect(error).toMatch(/^parlance: .*simulatr\/echo/);
  });

  it("says that a stream failed after what it has printed, and ends with 1", async () => {
    upstream.behave((_request, response) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.write(HALF.slice(0, HALF.lastIndexOf("\n\n") + 2), () => response.destroy());
    });
    const { code, out, error } = await chat(["Count"], ["-m", "smart"]);
    expect(code).toBe(1);
    expect(out.trim()).toBe("one");
    expect(error).toMatch(/^parlance: .+\n$/);
  });

  it("says that its connection to the gateway was cut, and ends with 1", async () => {
    const cut = await startUpstream((_request, response) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.write('data: {"choices":[{"delta":{"content":"on"}}]}\n\n', () => response.destroy());
    });
    const { code, out, error } = await runProgram(["chat", "--url", cut.url, "Hello"], { cwd });
    await cut.close();
    expect(code).toBe(1);
    expect(out).toBe("on\n");
    expect(error).toMatch(/^parlance: The answer was cut: .+\.\n$/);
  });
});
