import { createInterface } from "node:readline";
import { Readable } from "node:stream";
import type { ReadableStream } from "node:stream/web";
import { toJson } from "@bufbuild/protobuf";
import { createClient, type Transport } from "@connectrpc/connect";
import { createConnectTransport, createGrpcWebTransport } from "@connectrpc/connect-web";
import { Metadata } from "@grpc/grpc-js";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type Route, RouteSchema } from "../../src/gen/parlance/admin/v1/route_pb.js";
import { RouteService } from "../../src/gen/parlance/admin/v1/route_service_pb.js";
import { type Target, TargetSchema } from "../../src/gen/parlance/admin/v1/target_pb.js";
import { TargetService } from "../../src/gen/parlance/admin/v1/target_service_pb.js";
import { startTestGateway, type TestGateway } from "../kits/gateway.js";
import { openAiAnswer } from "../kits/openai-wire.js";
import { type Call, grpcStub, type Stub, unary } from "../kits/standard-services.js";
import { answerJson, type Behaviour, startUpstream, type TestUpstream } from "../kits/upstream.js";

const KEY = "sesame-open-0123456789";
const BEARER = { authorization: `Bearer ${KEY}` };
const GOOD = answerJson(openAiAnswer({ text: "hello", finish: "stop", inputTokens: 1, outputTokens: 1 }));
const DOWN = answerJson({ error: { message: "no" } }, 500);

let upstream: TestUpstream;
let gateway: TestGateway;
const stubs: Stub[] = [];

beforeAll(async () => {
  upstream = await startUpstream(GOOD);
});
afterAll(async () => {
  await upstream.close();
});
beforeEach(async () => {
  upstream.behave(GOOD);
  upstream.seen.length = 0;
  gateway = await startTestGateway(`
server: { port: 0 }
admin: { key: ${KEY} }
resilience: { retry: { retries: 0 }, breaker: { open: 60s } }
providers:
  a:
    plugin: openai
    base_url: "${upstream.url}/v1"
    credentials: [{ name: main, api_key: k-one-123456 }, { api_key: k-two-123456 }]
  b: { plugin: openai, base_url: "${upstream.url}/v1" }
models:
  smart:
    strategy: priority
    targets:
      - { provider: a, model: big }
      - { provider: b, model: org/small:8b, priority: 1 }
  alone: { targets: [{ provider: a, model: big }] }
`);
});
afterEach(async () => {
  for (const stub of stubs.splice(0)) stub.close();
  await gateway.stop();
});

const ask = (model: string): Promise<Response> =>
  fetch(`${gateway.url}/v1/chat/completions`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ model, messages: [{ role: "user", content: "Hi" }] }),
  });

type Json = Record<string, unknown>;
interface Answer {
  readonly targets?: Json[];
  readonly target?: Json;
  readonly routes?: Json[];
  readonly route?: Json;
}
/** Calls a method over one protocol; the answer is in protobuf's JSON form. Rejects with the gRPC code and the message. */
type Ask = (service: "Target" | "Route", verb: string, request?: Json) => Promise<Answer>;

class Refused extends Error {
  constructor(
    readonly code: number,
    message: string,
  ) {
    super(message);
  }
}
const STATUSES: Readonly<Record<number, number>> = { 400: 3, 404: 5, 401: 16 };

const nameOf = (service: string, verb: string): string => `${verb}${service}${verb === "List" ? "s" : ""}`;

const grpc: Ask = async (service, verb, request = {}) => {
  const file = `parlance/admin/v1/${service.toLowerCase()}_service.proto`;
  const stub = await grpcStub(Number(new URL(gateway.url).port), file, `parlance.admin.v1.${service}Service`);
  stubs.push(stub);
  const metadata = new Metadata();
  metadata.set("authorization", BEARER.authorization);
  const answer = await unary(stub, nameOf(service, verb), request, metadata).catch((error: unknown) => {
    const { code, details } = error as { code: number; details: string };
    throw new Refused(code, details);
  });
  return camel(answer) as Answer;
};

/** What @grpc/proto-loader gives has the fields' own names. */
function camel(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(camel);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, held]) => [
      name.replace(/_(\w)/g, (_, sign: string) => sign.toUpperCase()),
      camel(held),
    ]),
  );
}

const overConnect =
  (transportTo: (baseUrl: string) => Transport): Ask =>
  async (service, verb, request = {}) => {
    const transport = transportTo(gateway.url);
    const client = (service === "Target"
      ? createClient(TargetService, transport)
      : createClient(RouteService, transport)) as unknown as Record<
      string,
      (request: Json, options: object) => Promise<Json>
    >;
    const method = nameOf(service, verb);
    const called = client[method.charAt(0).toLowerCase() + method.slice(1)];
    const answer = (await called?.(request, { headers: BEARER }).catch((error: unknown) => {
      const { code, rawMessage } = error as { code: number; rawMessage: string };
      throw new Refused(code, rawMessage);
    })) as { target?: Target; targets?: Target[]; route?: Route; routes?: Route[] };
    const target = (one: Target): Json => toJson(TargetSchema, one) as Json;
    const route = (one: Route): Json => toJson(RouteSchema, one) as Json;
    return {
      ...(answer.target && { target: target(answer.target) }),
      ...(answer.targets && { targets: answer.targets.map(target) }),
      ...(answer.route && { route: route(answer.route) }),
      ...(answer.routes && { routes: answer.routes.map(route) }),
    };
  };

const rest: Ask = async (service, verb, { name, ...others } = {}) => {
  const reads = verb === "List" || verb === "Get";
  const path = `${service.toLowerCase()}s${name === undefined ? "" : `/${encodeURI(name as string)}`}`;
  const query = new URLSearchParams(others as Record<string, string>).toString();
  const response = await fetch(
    `${gateway.url}/admin/v1/${path}${reads ? `${query === "" ? "" : "?"}${query}` : `:${verb.toLowerCase()}`}`,
    {
      method: reads ? "GET" : "POST",
      headers: { ...BEARER, "content-type": "application/json" },
      ...(!reads && { body: JSON.stringify(others) }),
    },
  );
  const answer = (await response.json()) as Answer & { error?: { message: string } };
  if (!response.ok) throw new Refused(STATUSES[response.status] ?? -1, answer.error?.message ?? "");
  return answer;
};

describe.each<[string, Ask]>([
  ["gRPC by @grpc/grpc-js", grpc],
  ["gRPC-Web by connect-web", overConnect((baseUrl) => createGrpcWebTransport({ baseUrl }))],
  ["Connect by connect-web", overConnect((baseUrl) => createConnectTransport({ baseUrl }))],
  ["REST by fetch", rest],
])("targets and routes over %s", (_name, call) => {
  it("are listed with what is known of them, and never with a credential", async () => {
    expect((await ask("smart")).status).toBe(200);
    const { targets = [] } = await call("Target", "List");
    expect(targets).toMatchObject([
      {
        name: "a/big",
        provider: "a",
        upstreamModel: "big",
        models: ["alone", "smart"],
        breaker: "BREAKER_STATE_CLOSED",
        attempts: 1,
        credentials: [
          { name: "main", available: true },
          { name: "2", available: true },
        ],
      },
      { name: "b/org/small:8b", upstreamModel: "org/small:8b", models: ["smart"] },
    ]);
    expect(targets[0]?.timeToFirstToken).toBeDefined();
    expect(JSON.stringify(targets)).not.toContain("k-one");
    expect((await call("Target", "List", { provider: "b" })).targets).toMatchObject([{ name: "b/org/small:8b" }]);
    expect((await call("Target", "List", { model: "alone" })).targets).toMatchObject([{ name: "a/big" }]);
    expect((await call("Target", "Get", { name: "b/org/small:8b" })).target).toMatchObject({ name: "b/org/small:8b" });
  });

  it("open by failures, and are let in again by a reset", async () => {
    upstream.behave(DOWN);
    for (let i = 0; i < 3; i += 1) expect((await ask("alone")).status).toBe(502);
    expect((await ask("alone")).status).toBe(503);
    expect(upstream.seen).toHaveLength(3);
    const { target } = await call("Target", "Get", { name: "a/big" });
    expect(target).toMatchObject({
      breaker: "BREAKER_STATE_OPEN",
      breakerReason: "after 3 failures in a row, the last one provider_error",
      failuresInRow: 3,
      failures: 3,
      lastError: expect.anything(),
      openUntil: expect.anything(),
    });
    upstream.behave(GOOD);
    expect((await call("Target", "Reset", { name: "a/big" })).target).toMatchObject({
      breaker: "BREAKER_STATE_CLOSED",
    });
    expect((await ask("alone")).status).toBe(200);
  });

  it("are tripped for as long as is said, and drained until they are reset", async () => {
    const duration = call === grpc ? { seconds: 5, nanos: 0 } : call === rest ? "5s" : { seconds: 5n, nanos: 0 };
    const { target } = await call("Target", "Trip", { name: "a/big", duration });
    expect(target).toMatchObject({ breaker: "BREAKER_STATE_OPEN", breakerReason: "by an operator" });
    const refused = await ask("alone");
    expect(refused.status).toBe(503);
    expect(Number(refused.headers.get("retry-after"))).toBeLessThanOrEqual(5);
    expect((await ask("smart")).headers.get("x-parlance-target")).toBe("b/org/small:8b");
    await call("Target", "Reset", { name: "a/big" });
    expect((await call("Target", "Drain", { name: "a/big" })).target).toMatchObject({ drained: true });
    expect(((await (await ask("alone")).json()) as { error: { message: string } }).error.message).toContain("run out");
    await call("Target", "Reset", { name: "a/big" });
    expect((await ask("alone")).status).toBe(200);
  });

  it("of a route are tripped, drained and reset together", async () => {
    const { routes = [] } = await call("Route", "List");
    expect(routes.map(({ name }) => name)).toEqual(["alone", "smart"]);
    expect(routes[1]).toMatchObject({
      strategy: "priority",
      members: [
        { target: { name: "a/big" }, weight: 1 },
        { target: { name: "b/org/small:8b" }, priority: 1 },
      ],
    });
    const { route } = await call("Route", "Trip", { name: "smart" });
    expect(route).toMatchObject({
      members: [{ target: { breaker: "BREAKER_STATE_OPEN" } }, { target: { breaker: "BREAKER_STATE_OPEN" } }],
    });
    const refused = await ask("smart");
    expect(refused.status).toBe(503);
    expect(((await refused.json()) as { error: { message: string } }).error.message).toMatch(
      /a\/big.*b\/org\/small:8b/s,
    );
    await call("Route", "Reset", { name: "smart" });
    expect((await ask("smart")).status).toBe(200);
    await call("Route", "Drain", { name: "smart" });
    expect((await ask("smart")).status).toBe(503);
    await call("Route", "Reset", { name: "smart" });
    expect((await call("Route", "Get", { name: "alone" })).route).toMatchObject({
      members: [{ target: { name: "a/big" } }],
    });
  });

  it("that are not there are told with near names", async () => {
    for (const verb of ["Get", "Trip", "Reset", "Drain"]) {
      await expect(call("Target", verb, { name: "a/bigg" })).rejects.toMatchObject({
        code: 5,
        message: expect.stringContaining("Near names: a/big"),
      });
      await expect(call("Route", verb, { name: "smrt" })).rejects.toMatchObject({
        code: 5,
        message: expect.stringContaining("Near names: smart"),
      });
    }
    await expect(call("Target", "List", { provider: "c" })).rejects.toMatchObject({ code: 5 });
    const duration = call === grpc ? { seconds: 0, nanos: 0 } : call === rest ? "0s" : { seconds: 0n, nanos: 0 };
    await expect(call("Target", "Trip", { name: "a/big", duration })).rejects.toMatchObject({ code: 3 });
  });
});

/** Reads what a watch tells until `wanted` messages have come, and leaves. */
type Watch = (service: "Target" | "Route") => Promise<{ next(): Promise<Json>; leave(): void }>;

const watchGrpc: Watch = async (service) => {
  const file = `parlance/admin/v1/${service.toLowerCase()}_service.proto`;
  const stub = await grpcStub(Number(new URL(gateway.url).port), file, `parlance.admin.v1.${service}Service`);
  stubs.push(stub);
  const metadata = new Metadata();
  metadata.set("authorization", BEARER.authorization);
  const call = stub[`Watch${service}s`]?.({}, metadata) as Call;
  const come: Json[] = [];
  const waiting: ((message: Json) => void)[] = [];
  call.on("data", (message: Json) => {
    const take = waiting.shift();
    if (take === undefined) come.push(camel(message) as Json);
    else take(camel(message) as Json);
  });
  call.on("error", () => {});
  return {
    next: () => {
      const first = come.shift();
      return first === undefined ? new Promise((resolve) => waiting.push(resolve)) : Promise.resolve(first);
    },
    leave: () => call.cancel(),
  };
};

const watchRest: Watch = async (service) => {
  const leaving = new AbortController();
  const response = await fetch(`${gateway.url}/admin/v1/${service.toLowerCase()}s:watch`, {
    headers: BEARER,
    signal: leaving.signal,
  });
  expect(response.headers.get("content-type")).toContain("application/x-ndjson");
  const body = Readable.fromWeb(response.body as ReadableStream);
  body.on("error", () => {});
  const lines = createInterface({ input: body })[Symbol.asyncIterator]();
  return {
    next: async () => JSON.parse((await lines.next()).value as string) as Json,
    leave: () => leaving.abort(),
  };
};

describe.each<[string, Watch]>([
  ["gRPC by @grpc/grpc-js", watchGrpc],
  ["REST by fetch", watchRest],
])("a watch over %s", (_name, watch) => {
  it("tells every target, and each again when its breaker or its drain changes", async () => {
    const watching = await watch("Target");
    const first = [await watching.next(), await watching.next()];
    expect(first.map(({ target }) => (target as Json).name)).toEqual(["a/big", "b/org/small:8b"]);
    await ask("alone");
    upstream.behave(DOWN);
    for (let i = 0; i < 3; i += 1) await ask("alone");
    expect(await watching.next()).toMatchObject({ target: { name: "a/big", breaker: "BREAKER_STATE_OPEN" } });
    await rest("Target", "Drain", { name: "b/org/small:8b" });
    expect(await watching.next()).toMatchObject({ target: { name: "b/org/small:8b", drained: true } });
    await rest("Target", "Trip", { name: "a/big", duration: "0.100s" });
    expect(await watching.next()).toMatchObject({ target: { name: "a/big", breakerReason: "by an operator" } });
    // Time alone does this.
    expect(await watching.next()).toMatchObject({ target: { name: "a/big", breaker: "BREAKER_STATE_HALF_OPEN" } });
    watching.leave();
  });

  it("tells every route, and each again when one of its targets changes", async () => {
    const watching = await watch("Route");
    expect([await watching.next(), await watching.next()]).toMatchObject([
      { route: { name: "alone" } },
      { route: { name: "smart" } },
    ]);
    await rest("Target", "Drain", { name: "b/org/small:8b" });
    expect(await watching.next()).toMatchObject({ route: { name: "smart" } });
    watching.leave();
  });
});

it("a watch ends when the gateway stops, and does not keep it from stopping", async () => {
  const watching = await watchRest("Target");
  await watching.next();
  await watching.next();
  const stopped = gateway.drain(60_000);
  expect(await watching.next()).toMatchObject({ error: { code: "overloaded", message: "The gateway stops." } });
  await stopped;
});

it("a target that runs out ends what it began, and begins nothing", async () => {
  let letGo = (): void => {};
  const held = new Promise<void>((resolve) => (letGo = resolve));
  const slow: Behaviour = async (...call) => {
    await held;
    await GOOD(...call);
  };
  upstream.behave(slow);
  const running = ask("alone");
  await expect.poll(() => upstream.seen.length).toBe(1);
  expect((await rest("Target", "Drain", { name: "a/big" })).target).toMatchObject({ inFlight: 1, drained: true });
  expect((await ask("alone")).status).toBe(503);
  letGo();
  expect((await running).status).toBe(200);
  expect((await rest("Target", "Get", { name: "a/big" })).target).not.toHaveProperty("inFlight");
});

it("a credential that is refused is told, and a reset lets it in again", async () => {
  upstream.behave((request, response) =>
    (request.headers.authorization === "Bearer k-one-123456" ? answerJson({ error: { message: "bad" } }, 401) : GOOD)(
      request,
      response,
    ),
  );
  for (let i = 0; i < 2; i += 1) expect((await ask("alone")).status).toBe(200);
  const { target } = await rest("Target", "Get", { name: "a/big" });
  expect(target?.credentials).toMatchObject([
    { name: "main", reason: expect.stringMatching(/^rests for another .* \(provider_unauthenticated, 401\)$/) },
    { name: "2", available: true },
  ]);
  const after = await rest("Target", "Reset", { name: "a/big" });
  expect(after.target?.credentials).toMatchObject([{ available: true }, { available: true }]);
});
