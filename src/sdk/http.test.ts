import { gzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { answerJson, answerSse, startUpstream, type TestUpstream } from "../../test/kits/upstream.js";
import { createHttpClient, ParlanceError, readBody, readEvents, readRefusal } from "./index.js";

let upstream: TestUpstream;
const clients: ReturnType<typeof createHttpClient>[] = [];

beforeEach(async () => {
  upstream = await startUpstream();
});
afterEach(async () => {
  for (const client of clients.splice(0)) await client.close();
  await upstream.close();
});

const SECRET = "sk-a-secret-that-nobody-may-read";
const never = new AbortController().signal;

function send(given: { path?: string; signal?: AbortSignal; timeouts?: object; url?: string } = {}) {
  const client = createHttpClient(given.timeouts);
  clients.push(client);
  return client.send({
    url: given.url ?? upstream.url + (given.path ?? "/v1/chat"),
    headers: { authorization: `Bearer ${SECRET}`, "content-type": "application/json" },
    body: '{"a":1}',
    signal: given.signal ?? never,
  });
}

async function failureOf(promise: Promise<unknown>): Promise<ParlanceError> {
  const thrown = await promise.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (!ParlanceError.is(thrown)) throw new Error("it did not fail as it should", { cause: thrown });
  expect(thrown.message).not.toContain(SECRET);
  expect(thrown.message).not.toContain("127.0.0.1");
  return thrown;
}

describe("the client of plugins", () => {
  it("posts headers and body, and gives status, headers and bytes", async () => {
    upstream.behave(answerJson({ ok: true }, 201, { "x-request-id": "r1" }));
    const answer = await send();
    expect(answer.status).toBe(201);
    expect(answer.headers["x-request-id"]).toBe("r1");
    expect((await readBody(answer)).toString()).toBe('{"ok":true}');
    expect(upstream.seen[0]).toMatchObject({ method: "POST", path: "/v1/chat" });
    expect(upstream.seen[0]?.headers).toMatchObject({
      authorization: `Bearer ${SECRET}`,
      "accept-encoding": "identity",
    });
    expect(upstream.seen[0]?.json()).toEqual({ a: 1 });
  });

  it("does not follow a redirect with the credential", async () => {
    upstream.behave(answerJson({}, 307, { location: `${upstream.url}/elsewhere` }));
    expect((await send()).status).toBe(307);
    expect(upstream.seen).toHaveLength(1);
  });

  it("tells a refused connection as provider_unavailable", async () => {
    const url = upstream.url;
    await upstream.close();
    expect(await failureOf(send({ url }))).toMatchObject({ code: "provider_unavailable" });
    upstream = await startUpstream();
  });

  it("tells late headers as provider_timeout", async () => {
    upstream.behave(() => {});
    const error = await failureOf(send({ timeouts: { firstByteMs: 50 } }));
    expect(error).toMatchObject({ code: "provider_timeout", message: "The provider did not answer within 50 ms." });
  });

  it("tells a body that stalls as stream_stalled", async () => {
    upstream.behave((_request, response) => {
      response.writeHead(200).write("a");
    });
    const error = await failureOf(send({ timeouts: { idleMs: 50 } }).then((answer) => readBody(answer)));
    expect(error).toMatchObject({ code: "stream_stalled", message: "The provider's answer stalled for 50 ms." });
  });

  it("tells a body that is cut off as stream_truncated", async () => {
    upstream.behave((_request, response) => {
      response.writeHead(200).write("a", () => response.destroy());
    });
    const error = await failureOf(send().then((answer) => readBody(answer)));
    expect(error.code).toBe("stream_truncated");
  });

  it("stops with its signal before the headers, and closes the connection", async () => {
    const controller = new AbortController();
    upstream.behave(() => controller.abort(new Error(SECRET)));
    expect((await failureOf(send({ signal: controller.signal }))).code).toBe("cancelled");
    await expect.poll(() => upstream.openSockets()).toBe(0);
  });

  it("stops with its signal in the middle of a body, and closes the connection", async () => {
    const controller = new AbortController();
    upstream.behave((_request, response) => {
      response.writeHead(200).write("a");
    });
    const answer = await send({ signal: controller.signal });
    const read = (async () => {
      for await (const _ of answer.body) controller.abort();
    })();
    expect((await failureOf(read)).code).toBe("cancelled");
    await expect.poll(() => upstream.openSockets()).toBe(0);
  });

  it("makes no call when its signal has fired already", async () => {
    expect((await failureOf(send({ signal: AbortSignal.abort() }))).code).toBe("cancelled");
    expect(upstream.seen).toEqual([]);
  });

  it("reads no faster than its reader", async () => {
    let written = 0;
    upstream.behave((_request, response) => {
      const piece = Buffer.alloc(65_536);
      const write = (): void => {
        if (response.destroyed) return;
        written += piece.length;
        if (response.write(piece)) setImmediate(write);
        else response.once("drain", write);
      };
      write();
    });
    const bytes = (await send()).body[Symbol.asyncIterator]();
    await bytes.next();
    let before = -1;
    while (before !== written) {
      before = written;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    expect(written).toBeLessThan(64 * 1024 * 1024);
    await bytes.return?.();
    await expect.poll(() => upstream.openSockets()).toBe(0);
  });

  it("reads an answer that is compressed although it was asked not to be", async () => {
    upstream.behave(answerJson(gzipSync('{"ok":true}'), 200, { "content-encoding": "gzip" }));
    expect((await readBody(await send())).toString()).toBe('{"ok":true}');
    upstream.behave(answerJson("no gzip", 200, { "content-encoding": "gzip" }));
    expect((await failureOf(send().then((answer) => readBody(answer)))).code).toBe("malformed_answer");
    upstream.behave(answerJson("?", 200, { "content-encoding": "zstd" }));
    expect((await failureOf(send().then((answer) => readBody(answer)))).message).toContain('"zstd"');
  });
});

describe("the readers on top of it", () => {
  it("refuse a body that is larger than the limit", async () => {
    upstream.behave(answerJson("x".repeat(100)));
    const error = await failureOf(send().then((answer) => readBody(answer, 99)));
    expect(error).toMatchObject({
      code: "malformed_answer",
      message: "The provider's answer is larger than 99 bytes.",
    });
  });

  it("keep of a refusal that is cut off what came", async () => {
    upstream.behave((_request, response) => {
      response.writeHead(500).write('{"error":', () => response.destroy());
    });
    expect((await readRefusal(await send())).toString()).toBe('{"error":');
  });

  it("give the events of a stream, however it is cut", async () => {
    upstream.behave(answerSse("event: a\ndata: ä1\n\ndata: 2\n\ndata: 3", [1]));
    const events = [];
    for await (const event of readEvents(await send())) events.push(event);
    expect(events).toEqual([
      { event: "a", data: "ä1" },
      { event: "", data: "2" },
      { event: "", data: "3" },
    ]);
  });

  it("refuse a stream of another content type", async () => {
    upstream.behave(answerJson("<html>", 200, { "content-type": "text/html" }));
    const answer = await send();
    const error = await failureOf(readEvents(answer).next());
    expect(error.message).toBe('The provider answered with content type "text/html" instead of an event stream.');
  });
});
