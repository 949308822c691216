import * as http2 from "node:http2";
import { afterEach, describe, expect, it } from "vitest";
import { startStandardServices, testState } from "../../test/kits/standard-services.js";
import { startListener, type TestListener } from "../../test/kits/listener.js";

const ORIGIN = "https://page.example";
let listener: TestListener;

afterEach(async () => {
  listener.destroy();
  await listener.drain(0);
});

// By HTTP/2 of our own: fetch does not send an Origin as it is told.
function call(headers: http2.OutgoingHttpHeaders): Promise<http2.IncomingHttpHeaders> {
  const session = http2.connect(listener.url);
  return new Promise((resolve, reject) => {
    const stream = session.request(headers);
    stream.once("response", (got) => {
      resolve(got);
      stream.close();
      session.close();
    });
    stream.once("error", reject);
    stream.end(headers[":method"] === "POST" ? "{}" : undefined);
  });
}

function preflight(path: string, method: string, headers: string, origin = ORIGIN) {
  return call({
    ":method": "OPTIONS",
    ":path": path,
    origin,
    "access-control-request-method": method,
    "access-control-request-headers": headers,
  });
}

describe("cross-origin calls", () => {
  it.each([
    [
      "REST",
      "authorization,content-type,x-api-key,anthropic-version,anthropic-beta,openai-organization,x-stainless-os",
    ],
    ["Connect", "connect-protocol-version,connect-timeout-ms,content-type"],
    ["gRPC-Web", "content-type,grpc-timeout,x-grpc-web,x-user-agent"],
  ])("are allowed in advance with all headers that %s sends", async (_door, asked) => {
    listener = await startStandardServices(testState());
    for (const path of ["/echo", "/grpc.health.v1.Health/Check", "/not/there"]) {
      expect(await preflight(path, "POST", asked)).toMatchObject({
        ":status": 204,
        "access-control-allow-origin": "*",
        "access-control-allow-methods": expect.stringContaining("POST"),
        "access-control-allow-headers": asked,
        "access-control-max-age": "7200",
      });
    }
  });

  it("may read the answers of every door: sent by Fastify, streamed past it, by RPC, and errors", async () => {
    listener = await startStandardServices(testState());
    const json = { ":method": "POST", "content-type": "application/json", origin: ORIGIN };
    const answers = await Promise.all([
      call({ ":path": "/version", origin: ORIGIN }),
      call({ ":path": "/feed", origin: ORIGIN }),
      call({ ...json, ":path": "/grpc.health.v1.Health/Check" }),
      call({ ...json, ":path": "/grpc.health.v1.Health/Check", "content-type": "application/grpc-web+proto" }),
      call({ ...json, ":path": "/not/there" }),
      call({ ...json, ":path": "/no.such.Service/Method", "content-type": "application/grpc-web+proto" }),
    ]);
    expect(answers.map((answer) => answer[":status"])).toEqual([200, 200, 200, 200, 404, 200]);
    for (const answer of answers) {
      expect(answer["access-control-allow-origin"]).toBe("*");
      expect(answer["access-control-allow-credentials"]).toBeUndefined();
      const exposed = String(answer["access-control-expose-headers"]).split(", ");
      expect(exposed).toEqual(
        expect.arrayContaining([
          "grpc-status",
          "grpc-message",
          "grpc-status-details-bin",
          "x-request-id",
          "request-id",
          "retry-after",
          "x-parlance-cost",
          "x-ratelimit-remaining-tokens",
          "*",
        ]),
      );
    }
  });

  it("are allowed only from the named origins, where some are named", async () => {
    listener = await startListener({ corsOrigins: [ORIGIN, "https://other.example"] });
    expect(await preflight("/echo", "POST", "content-type")).toMatchObject({
      ":status": 204,
      "access-control-allow-origin": ORIGIN,
      vary: "origin",
    });
    const foreign = await preflight("/echo", "POST", "content-type", "https://evil.example");
    expect(foreign[":status"]).toBe(204);
    expect(Object.keys(foreign).filter((name) => name.startsWith("access-control"))).toEqual([]);
    expect(await call({ ":path": "/version", origin: "https://evil.example" })).not.toHaveProperty(
      "access-control-allow-origin",
    );
    expect(await call({ ":path": "/version" })).toMatchObject({ vary: "origin" });
  });

  it("also over HTTP/1.1, where the connection goes on after a preflight", async () => {
    listener = await startListener();
    for (let n = 0; n < 2; n++) {
      const response = await fetch(`${listener.url}/echo`, {
        method: "OPTIONS",
        headers: { origin: ORIGIN, "access-control-request-method": "POST" },
      });
      expect(response.status).toBe(204);
      expect(await response.text()).toBe("");
      expect(response.headers.get("access-control-allow-origin")).toBe("*");
    }
  });

  it("do not concern clients without an origin", async () => {
    listener = await startListener();
    const answer = await call({ ":path": "/version" });
    expect(Object.keys(answer).filter((name) => name.startsWith("access-control"))).toEqual([]);
    expect(answer.vary).toBeUndefined();
  });
});
