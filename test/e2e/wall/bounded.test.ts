import type { ServerResponse } from "node:http";
import OpenAI from "openai";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startTestGateway, type TestGateway } from "../../kits/gateway.js";
import { startUpstream, type TestUpstream } from "../../kits/upstream.js";

const MIB = 1024 * 1024;
/** What the kernel and the sockets of both sides may hold beside what the gateway does. */
const ON_THE_WAY = 24 * MIB;

let upstream: TestUpstream;
let gateway: TestGateway;
let client: OpenAI;

beforeAll(async () => {
  upstream = await startUpstream();
  gateway = await startTestGateway(`
server: { port: 0 }
log: { level: silent }
providers:
  chat: { plugin: openai, base_url: "${upstream.url}/v1", api_key: k }
  claude: { plugin: anthropic, base_url: "${upstream.url}", api_key: k }
`);
  client = new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: "any", maxRetries: 0 });
});

afterAll(async () => {
  await gateway.stop();
  await upstream.close();
});

/** Writes the same again and again, as fast as it is taken; tells how much that was once nobody takes more. */
function flood(response: ServerResponse, piece: Buffer): Promise<number> {
  return new Promise((resolve) => {
    let taken = 0;
    const more = (): void => {
      while (!response.destroyed) {
        taken += piece.length;
        if (response.write(piece)) continue;
        response.once("drain", more);
        return;
      }
    };
    response.once("close", () => resolve(taken));
    response.on("error", () => {});
    more();
  });
}

/** What a provider is taken by a gateway that is asked for an answer, and what its caller is told. */
async function takenOf(
  model: string,
  contentType: string,
  head: string,
  piece: Buffer,
): Promise<{ taken: number; code: unknown }> {
  let flooded: Promise<number> = Promise.resolve(0);
  upstream.behave((_request, response) => {
    response.writeHead(200, { "content-type": contentType });
    response.write(head);
    flooded = flood(response, piece);
  });
  const error = await client.chat.completions
    .create({ model, stream: true, messages: [{ role: "user", content: "Hi" }] })
    .then(
      () => expect.fail("it was answered"),
      (thrown: InstanceType<typeof OpenAI.APIError>) => thrown,
    );
  return { taken: await flooded, code: error.code };
}

const LETTERS = Buffer.alloc(MIB, "x");
const EMPTY_EVENT = Buffer.from(`data: {"choices":[],"padding":"${"x".repeat(MIB)}"}\n\n`);

describe("what a provider sends without an end is not taken without one", () => {
  it.each([
    ["an event that passes as it comes", "chat/m", 'data: {"id":"'],
    ["an event that is read", "claude/claude-sonnet-4-5", 'data: {"type":"'],
  ])("%s: 16 MiB of it", async (_what, model, head) => {
    const { taken, code } = await takenOf(model, "text/event-stream", head, LETTERS);
    expect(code).toBe("malformed_answer");
    expect(taken).toBeLessThan(16 * MIB + ON_THE_WAY);
  });

  it("events that hold nothing of an answer: 16 MiB of them", async () => {
    const { taken, code } = await takenOf("chat/m", "text/event-stream", "", EMPTY_EVENT);
    expect(code).toBe("malformed_answer");
    expect(taken).toBeLessThan(16 * MIB + ON_THE_WAY);
  });

  it.each([
    ["an answer in the place of a stream, that passes as it comes", "chat/m"],
    ["an answer in the place of a stream, that is read", "claude/claude-sonnet-4-5"],
  ])("%s: 256 MiB of it", async (_what, model) => {
    const { taken, code } = await takenOf(model, "application/json", '{"id":"', LETTERS);
    expect(code).toBe("malformed_answer");
    expect(taken).toBeLessThan(256 * MIB + ON_THE_WAY);
  });
});
