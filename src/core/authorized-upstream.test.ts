import { describe, expect, it } from "vitest";
import type { ParlanceError, Wire } from "../sdk/index.js";
import { AuthorizedUpstream } from "./authorized-upstream.js";
import type { Connections, UpstreamReceiver, UpstreamRequest } from "./upstream.js";

/** Connections that answer every request with one status, and remember what was sent. */
function answering(status: number) {
  const sent: UpstreamRequest[] = [];
  const send: Connections["send"] = (_method, request, receiver) => {
    sent.push(request);
    receiver.head(status, {});
    receiver.data(Buffer.from("body"));
    receiver.end();
    return { pause() {}, resume() {}, abort() {} };
  };
  const connections: Connections = {
    send,
    post: (...call) => send("POST", ...call),
    async close() {},
    async destroy() {},
  };
  return { connections, sent };
}

/** What a caller is told of one call. */
async function call(upstream: AuthorizedUpstream): Promise<unknown[]> {
  const told: unknown[] = [];
  await new Promise<void>((resolve) => {
    const receiver: UpstreamReceiver = {
      head: (status) => void told.push(status),
      data: (bytes) => void told.push(bytes.toString()),
      end: () => resolve(),
      error: (error: ParlanceError) => {
        told.push(error.code);
        resolve();
      },
    };
    upstream.post({ path: "/x", headers: ["a", "1", "b", "2"], body: undefined }, receiver);
  });
  return told;
}

const wire = (more: Partial<Wire>): Wire => ({ baseUrl: "http://localhost", headers: {}, ...more });

describe("a call with headers of its own", () => {
  it("has them over the provider's, at once or after a wait", async () => {
    const { connections, sent } = answering(200);
    const headers = { b: "3", authorization: "Bearer t" };
    await call(new AuthorizedUpstream(connections, wire({ authorize: () => headers })));
    await call(new AuthorizedUpstream(connections, wire({ authorize: () => Promise.resolve(headers) })));
    const expected = ["a", "1", "b", "3", "authorization", "Bearer t"];
    expect(sent.map((request) => request.headers)).toEqual([expected, expected]);
  });

  it.each([
    [401, 1],
    [403, 1],
    [200, 0],
  ])("that is answered with %i tells the plugin %i times that its credential was refused", async (status, times) => {
    let refused = 0;
    const upstream = new AuthorizedUpstream(
      answering(status).connections,
      wire({ authorize: () => ({}), refused: () => void (refused += 1) }),
    );
    expect(await call(upstream)).toEqual([status, "body"]);
    expect(refused).toBe(times);
  });

  it("is not sent where there is no credential", async () => {
    const { connections, sent } = answering(200);
    const upstream = new AuthorizedUpstream(connections, wire({ authorize: () => Promise.reject(new Error("no")) }));
    expect(await call(upstream)).toEqual(["provider_unauthenticated"]);
    expect(sent).toEqual([]);
  });
});
