import { Code, createClient, type Transport } from "@connectrpc/connect";
import { createConnectTransport, createGrpcTransport, createGrpcWebTransport } from "@connectrpc/connect-node";
import * as web from "@connectrpc/connect-web";
import { status } from "@grpc/grpc-js";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Health, HealthCheckResponse_ServingStatus as Status } from "../../gen/grpc/health/v1/health_pb.js";
import type { TestListener } from "../../../test/kits/listener.js";
import {
  ended,
  grpcStub,
  next,
  type Stub,
  startStandardServices,
  type TestState,
  testState,
  unary,
} from "../../../test/kits/standard-services.js";

const NAME = "parlance.v1.CompletionService";
let state: TestState;
let listener: TestListener;

beforeEach(async () => {
  state = testState();
  listener = await startStandardServices(state);
});

afterEach(async () => {
  listener.destroy();
  await listener.drain(0);
});

describe("the health service through @grpc/grpc-js", () => {
  let stub: Stub;

  beforeEach(async () => {
    stub = await grpcStub(listener.port, "grpc/health/v1/health.proto", "grpc.health.v1.Health");
    return () => stub.close();
  });

  it("tells the state of the server and of a service, and NOT_FOUND for one that it does not know", async () => {
    expect(await unary(stub, "check", {})).toEqual({ status: "SERVING" });
    state.set(false);
    expect(await unary(stub, "check", { service: NAME })).toEqual({ status: "NOT_SERVING" });
    await expect(unary(stub, "check", { service: "no.such.Service" })).rejects.toMatchObject({
      code: status.NOT_FOUND,
    });
  });

  it("streams each change to those who watch, and nothing where nothing changed", async () => {
    const call = stub.watch?.({ service: NAME });
    if (call === undefined) throw new Error("no method watch");
    const seen: unknown[] = [];
    call.on("data", (answer) => seen.push(answer.status));
    await next(call);
    state.set(true);
    for (const serving of [false, true]) {
      const told = next(call);
      state.set(serving);
      await told;
    }
    expect(seen).toEqual(["SERVING", "NOT_SERVING", "SERVING"]);
    call.on("error", () => {});
    call.cancel();
  });

  it("answers a watch of an unknown service with SERVICE_UNKNOWN and keeps it open", async () => {
    const call = stub.watch?.({ service: "no.such.Service" });
    if (call === undefined) throw new Error("no method watch");
    expect(await next(call)).toEqual({ status: "SERVICE_UNKNOWN" });
    const end = ended(call);
    call.cancel();
    expect(await end).toMatchObject({ code: status.CANCELLED });
  });

  it("ends a watch at its deadline, and forgets one that is cancelled", async () => {
    const late = stub.watch?.({}, { deadline: Date.now() + 200 });
    const cancelled = stub.watch?.({});
    if (late === undefined || cancelled === undefined) throw new Error("no method watch");
    const lateEnd = ended(late);
    late.on("data", () => {});
    await next(cancelled);
    expect(await lateEnd).toMatchObject({ code: status.DEADLINE_EXCEEDED });
    const cancelledEnd = ended(cancelled);
    cancelled.cancel();
    expect(await cancelledEnd).toMatchObject({ code: status.CANCELLED });
    await expect.poll(() => state.watchers(), { timeout: 5000 }).toBe(0);
  });

  it("does not hold a drain: a watch is told NOT_SERVING and ends as UNAVAILABLE", async () => {
    const call = stub.watch?.({});
    if (call === undefined) throw new Error("no method watch");
    await next(call);
    const told = next(call);
    const end = ended(call);
    const drained = listener.drain(600_000);
    expect(await told).toEqual({ status: "NOT_SERVING" });
    expect(await end).toMatchObject({ code: status.UNAVAILABLE });
    await drained;
  });
});

describe("the health service over every protocol", () => {
  const transports: [string, (baseUrl: string) => Transport][] = [
    ["gRPC", (baseUrl) => createGrpcTransport({ baseUrl })],
    ["gRPC-Web over HTTP/1.1", (baseUrl) => createGrpcWebTransport({ baseUrl, httpVersion: "1.1" })],
    ["gRPC-Web over HTTP/2", (baseUrl) => createGrpcWebTransport({ baseUrl, httpVersion: "2" })],
    ["Connect over HTTP/1.1", (baseUrl) => createConnectTransport({ baseUrl, httpVersion: "1.1" })],
    ["Connect over HTTP/2", (baseUrl) => createConnectTransport({ baseUrl, httpVersion: "2" })],
    ["gRPC-Web as browsers do", (baseUrl) => web.createGrpcWebTransport({ baseUrl })],
    ["Connect as browsers do", (baseUrl) => web.createConnectTransport({ baseUrl })],
  ];

  it.each(transports)("answers, streams and refuses alike: %s", async (_name, transport) => {
    const client = createClient(Health, transport(listener.url));
    expect((await client.check({})).status).toBe(Status.SERVING);
    await expect(client.check({ service: "no.such.Service" })).rejects.toMatchObject({ code: Code.NotFound });
    const seen: Status[] = [];
    const leave = new AbortController();
    const watch = async (): Promise<void> => {
      for await (const answer of client.watch({}, { signal: leave.signal })) {
        seen.push(answer.status);
        if (seen.length === 1) state.set(false);
        else leave.abort();
      }
    };
    await expect(watch()).rejects.toMatchObject({ code: Code.Canceled });
    expect(seen).toEqual([Status.SERVING, Status.NOT_SERVING]);
    await expect.poll(() => state.watchers(), { timeout: 5000 }).toBe(0);
  });

  it("answers a script that posts JSON", async () => {
    const response = await fetch(`${listener.url}/grpc.health.v1.Health/Check`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: "{}",
    });
    expect(await response.json()).toEqual({ status: "SERVING" });
  });
});

describe("a body that stalls", () => {
  it("ends an RPC with a deadline exceeded", async () => {
    const slow = await startStandardServices(state, { bodyTimeoutMs: 100 });
    const body = new ReadableStream({ start: (controller) => controller.enqueue(new TextEncoder().encode("{")) });
    const response = await fetch(`${slow.url}/grpc.health.v1.Health/Check`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body,
      duplex: "half",
    } as RequestInit);
    expect(await response.json()).toMatchObject({ code: "deadline_exceeded" });
    slow.destroy();
    await slow.drain(0);
  });
});
