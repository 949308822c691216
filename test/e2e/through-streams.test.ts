import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { connect as connectHttp2 } from "node:http2";
import { type AddressInfo, connect, type Socket } from "node:net";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { startTestGateway, type TestGateway } from "../kits/gateway.js";
import { callRaw } from "../kits/raw-call.js";

type Handler = (request: IncomingMessage, response: ServerResponse) => unknown;

/** A provider that is given each request before its body. */
interface EarlyUpstream {
  readonly url: string;
  behave(handler: Handler): void;
  close(): void;
}

async function startEarlyUpstream(): Promise<EarlyUpstream> {
  let current: Handler = (_request, response) => void response.end();
  const sockets = new Set<Socket>();
  const server: Server = createServer((request, response) => current(request, response));
  server.on("connection", (socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    behave(handler) {
      current = handler;
    },
    close() {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}

/** The address of a port that nobody listens on. */
async function deadUrl(): Promise<string> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  return `http://127.0.0.1:${port}`;
}

let one: EarlyUpstream;
let two: EarlyUpstream;
let gateway: TestGateway;

beforeAll(async () => {
  one = await startEarlyUpstream();
  two = await startEarlyUpstream();
  gateway = await startTestGateway(`
server: { port: 0, body_timeout: 300ms }
providers:
  one: { plugin: openai, base_url: "${one.url}/v1", api_key: k, timeouts: { first_byte: 400ms } }
  two: { plugin: openai, base_url: "${two.url}/v1", api_key: k }
  dead: { plugin: openai, base_url: "${await deadUrl()}/v1", api_key: k }
models:
  both: { targets: [{ provider: one, model: m1, priority: 0 }, { provider: two, model: m2, priority: 1 }] }
  after-dead: { targets: [{ provider: dead, model: m0, priority: 0 }, { provider: two, model: m2, priority: 1 }] }
`);
});

afterAll(async () => {
  await gateway.stop();
  one.close();
  two.close();
});

afterEach(() => {
  for (const upstream of [one, two]) upstream.behave((_request, response) => void response.end());
});

const echo: Handler = (request, response) => {
  response.writeHead(200, { "content-type": "application/octet-stream" });
  request.pipe(response);
};

const collect = async (request: IncomingMessage): Promise<Buffer> => {
  const pieces: Buffer[] = [];
  for await (const piece of request) pieces.push(piece as Buffer);
  return Buffer.concat(pieces);
};

/** A form with its model before a file of so many bytes. */
function form(size: number, model: string): { body: Buffer; headers: Record<string, string> } {
  return {
    body: Buffer.from(
      `--B\r\nContent-Disposition: form-data; name="model"\r\n\r\n${model}\r\n--B\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n${"x".repeat(size)}\r\n--B--\r\n`,
    ),
    headers: { "content-type": "multipart/form-data; boundary=B" },
  };
}

const lastRecord = (): Record<string, unknown> => gateway.records().at(-1) ?? {};

describe("fallback of what passes", () => {
  const json = { "content-type": "application/json" };
  const post = (model: string) =>
    callRaw(gateway.url, {
      method: "POST",
      path: "/openai/v1/images/generations",
      headers: json,
      body: `{"model":"${model}"}`,
    });

  it.each([401, 403, 408, 429, 500, 503])("follows a %i with the next target", async (status) => {
    one.behave((_request, response) => {
      response.writeHead(status, { "content-type": "application/json" });
      response.end('{"error":{"message":"no"}}');
    });
    two.behave(async (request, response) => response.end(await collect(request)));
    const answer = await post("both");
    expect(answer.status).toBe(200);
    expect(answer.body.toString()).toBe('{"model":"m2"}');
    expect(answer.headers["x-parlance-attempts"]).toBe("2");
  });

  it("follows a connection that is refused, one that breaks, and a provider that is silent", async () => {
    two.behave((_request, response) => void response.end("two"));
    expect((await post("after-dead")).body.toString()).toBe("two");
    one.behave((request) => void request.socket.destroy());
    expect((await post("both")).body.toString()).toBe("two");
    one.behave(() => {});
    expect((await post("both")).body.toString()).toBe("two");
  });

  it("keeps a small form, so that the next target gets all of it", async () => {
    one.behave((request, response) => {
      request.resume();
      request.on("end", () => {
        response.statusCode = 500;
        response.end("{}");
      });
    });
    two.behave(echo);
    const { body, headers } = form(1000, "both");
    const answer = await callRaw(gateway.url, { method: "POST", path: "/openai/v1/audio/translations", headers, body });
    expect(answer.body.toString()).toBe(form(1000, "m2").body.toString());
  });

  it("is not tried once bytes of a large form are gone", async () => {
    one.behave((request, response) => {
      request.resume();
      request.on("end", () => {
        response.writeHead(503, { "content-type": "application/json" });
        response.end('{"error":{"message":"one is down"}}');
      });
    });
    let asked = false;
    two.behave((_request, response) => {
      asked = true;
      response.end();
    });
    const { body, headers } = form(4_000_000, "both");
    const answer = await callRaw(gateway.url, { method: "POST", path: "/openai/v1/images/edits", headers, body });
    expect(answer.status).toBe(503);
    expect(answer.body.toString()).toContain("one is down");
    expect(asked).toBe(false);
  });

  it("is tried where none of a large form is gone yet", async () => {
    two.behave(echo);
    const { body, headers } = form(4_000_000, "after-dead");
    const answer = await callRaw(gateway.url, { method: "POST", path: "/openai/v1/images/edits", headers, body });
    expect(answer.status).toBe(200);
    expect(answer.body.equals(form(4_000_000, "m2").body)).toBe(true);
  });

  it("that helps nobody tells every target, and shows no credential", async () => {
    for (const upstream of [one, two]) {
      upstream.behave((_request, response) => {
        response.writeHead(401, { "content-type": "application/json" });
        response.end('{"error":{"message":"Incorrect API key provided: sk-own-secret."}}');
      });
    }
    const answer = await post("both");
    expect(answer.status).toBe(502);
    expect(answer.body.toString()).toContain("one/m1");
    expect(answer.body.toString()).toContain("two/m2");
    expect(answer.body.toString() + JSON.stringify(lastRecord())).not.toContain("sk-own-secret");
  });
});

describe("a body that passes", () => {
  it("reaches the provider as it comes, and so does the answer reach the client", async () => {
    one.behave(echo);
    let got = 0;
    const { hostname, port } = new URL(gateway.url);
    const socket = connect({ host: hostname, port: Number(port) });
    await once(socket, "connect");
    let text = "";
    socket.on("data", (piece) => {
      text += piece.toString();
    });
    socket.write("POST /openai/v1/files HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n");
    // Longer in all than a body that is not passed on may take.
    for (let i = 0; i < 5; i += 1) {
      socket.write(`6\r\npiece${i}\r\n`);
      await expect.poll(() => text.includes(`piece${i}`)).toBe(true);
      got += 1;
      await new Promise((resolve) => setTimeout(resolve, 120));
    }
    socket.write("0\r\n\r\n");
    await expect.poll(() => text.endsWith("0\r\n\r\n")).toBe(true);
    expect(got).toBe(5);
    socket.destroy();
  });

  it("that comes slowly is not a provider that is silent, and a provider that is silent after it is", async () => {
    const slowly = (): ReturnType<typeof callRaw> =>
      callRaw(gateway.url, {
        method: "POST",
        path: "/openai/v1/files",
        headers: { "content-type": "audio/wav", expect: "100-continue" },
        body: (request) => {
          const pieces = ["a", "b", "c"];
          const timer = setInterval(() => {
            const piece = pieces.shift();
            if (piece !== undefined) return void request.write(piece);
            clearInterval(timer);
            request.end();
          }, 300);
        },
      });
    one.behave(async (request, response) => {
      expect(request.headers).not.toHaveProperty("expect");
      response.end(await collect(request));
    });
    expect((await slowly()).body.toString()).toBe("abc");
    one.behave((request) => void request.resume());
    const answer = await slowly();
    expect(answer.status).toBe(504);
    expect(answer.body.toString()).toContain("did not answer within 400 ms");
  });

  it("may come over HTTP/2", async () => {
    one.behave(echo);
    const session = connectHttp2(gateway.url);
    const stream = session.request({ ":method": "POST", ":path": "/openai/v1/files", "content-type": "audio/wav" });
    const bytes = Buffer.alloc(300_000, "wave");
    stream.end(bytes);
    const [headers] = (await once(stream, "response")) as [Record<string, unknown>];
    const pieces: Buffer[] = [];
    for await (const piece of stream) pieces.push(piece as Buffer);
    session.close();
    expect(headers[":status"]).toBe(200);
    expect(Buffer.concat(pieces).equals(bytes)).toBe(true);
  });

  it("need not be whole for the provider to refuse it: its client has the answer, and the connection goes on", async () => {
    one.behave((_request, response) => {
      response.writeHead(413, { "content-type": "application/json" });
      response.end('{"error":{"message":"too large for the vendor"}}');
    });
    const { hostname, port } = new URL(gateway.url);
    const socket = connect({ host: hostname, port: Number(port) });
    await once(socket, "connect");
    let text = "";
    socket.on("data", (piece) => {
      text += piece.toString();
    });
    socket.write("POST /openai/v1/files HTTP/1.1\r\nhost: x\r\ncontent-length: 200000\r\n\r\n");
    socket.write("x".repeat(100_000));
    await expect.poll(() => text).toContain("too large for the vendor");
    expect(text).toContain("HTTP/1.1 413");
    socket.write("x".repeat(100_000));
    one.behave((_request, response) => void response.end("again"));
    socket.write("GET /openai/v1/files HTTP/1.1\r\nhost: x\r\n\r\n");
    await expect.poll(() => text).toContain("again");
    socket.destroy();
  });

  it("that its client breaks off is broken off at the provider at once", async () => {
    let broken = false;
    let begun = false;
    one.behave((request) => {
      request.on("data", () => {
        begun = true;
      });
      request.on("error", () => {});
      request.on("close", () => {
        broken = !request.complete;
      });
    });
    const call = callRaw(gateway.url, {
      method: "POST",
      path: "/openai/v1/files",
      headers: { "content-type": "application/octet-stream" },
      body: (request) => {
        request.write("x".repeat(1000));
        void expect
          .poll(() => begun)
          .toBe(true)
          .then(() => request.destroy());
      },
    });
    await expect(call).rejects.toThrow();
    await expect.poll(() => broken).toBe(true);
    await expect.poll(() => lastRecord().error).toBe("cancelled");
  });

  it("is limited in its time while the gateway reads it for its model", async () => {
    const { hostname, port } = new URL(gateway.url);
    const socket = connect({ host: hostname, port: Number(port) });
    await once(socket, "connect");
    socket.write(
      'POST /openai/v1/responses HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{"model"',
    );
    let text = "";
    socket.on("data", (piece) => {
      text += piece.toString();
    });
    await expect.poll(() => text, { timeout: 5000 }).toContain("server.body_timeout");
    socket.destroy();
  });

  it("of JSON is limited in size, and may not be compressed", async () => {
    const large = await callRaw(gateway.url, {
      method: "POST",
      path: "/openai/v1/responses",
      headers: { "content-type": "application/json", "content-length": 40 * 1024 * 1024 },
      body: (request) => void request.write("{"),
    });
    expect(large.status).toBe(413);
    const packed = await callRaw(gateway.url, {
      method: "POST",
      path: "/openai/v1/responses",
      headers: { "content-type": "application/json", "content-encoding": "gzip" },
      body: "x",
    });
    expect(packed.status).toBe(400);
    expect(packed.body.toString()).toContain("content-encoding");
  });
});

describe("an answer that passes", () => {
  it("that its client leaves is broken off at the provider at once", async () => {
    let closed = false;
    one.behave((_request, response) => {
      response.writeHead(200, { "content-type": "audio/mpeg" });
      response.write("first");
      response.on("close", () => {
        closed = true;
      });
    });
    const { hostname, port } = new URL(gateway.url);
    const socket = connect({ host: hostname, port: Number(port) });
    socket.write("GET /openai/v1/files/f-1/content HTTP/1.1\r\nhost: x\r\n\r\n");
    await once(socket, "data");
    socket.destroy();
    await expect.poll(() => closed).toBe(true);
    await expect.poll(() => lastRecord().error).toBe("cancelled");
  });
});
