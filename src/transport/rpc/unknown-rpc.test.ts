import * as http2 from "node:http2";
import { Code, createClient, type Transport } from "@connectrpc/connect";
import { createConnectTransport, createGrpcTransport, createGrpcWebTransport } from "@connectrpc/connect-node";
import * as web from "@connectrpc/connect-web";
import { status } from "@grpc/grpc-js";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { CompletionService } from "../../gen/parlance/v1/completion_service_pb.js";
import type { TestListener } from "../../../test/kits/listener.js";
import { ended, grpcStub, startStandardServices, testState, unary } from "../../../test/kits/standard-services.js";

let listener: TestListener;

beforeEach(async () => {
  listener = await startStandardServices(testState());
});

afterEach(async () => {
  listener.destroy();
  await listener.drain(0);
});

// The services that this server has are health and reflection; those of the completion service are strangers to it.
describe("an RPC that does not exist", () => {
  it("is status 12 in a response of headers only", async () => {
    const session = http2.connect(listener.url);
    for (const path of ["/no.such.Service/Method", "/grpc.health.v1.Health/Chuck", "/"]) {
      const stream = session.request({
        ":method": "POST",
        ":path": path,
        "content-type": "application/grpc+proto",
        te: "trailers",
      });
      const answer = new Promise<{ headers: http2.IncomingHttpHeaders; endsThere: boolean }>((resolve) => {
        stream.once("response", (headers, flags) =>
          resolve({ headers, endsThere: (flags & http2.constants.NGHTTP2_FLAG_END_STREAM) !== 0 }),
        );
      });
      stream.write(Buffer.from([0, 0, 0, 0, 0]));
      stream.resume();
      const { headers, endsThere } = await answer;
      expect(headers).toMatchObject({ ":status": 200, "content-type": "application/grpc+proto", "grpc-status": "12" });
      expect(endsThere, "the headers end the stream").toBe(true);
      // The client has not ended its side: the server does not wait for it.
      await new Promise((resolve) => stream.once("close", resolve));
    }
    session.destroy();
  });

  it("is UNIMPLEMENTED to @grpc/grpc-js, unary and streamed", async () => {
    const stub = await grpcStub(listener.port, "parlance/v1/completion_service.proto", "parlance.v1.CompletionService");
    await expect(unary(stub, "complete", {})).rejects.toMatchObject({
      code: status.UNIMPLEMENTED,
      details: "There is no such method.",
    });
    const call = stub.streamComplete?.({});
    call?.on("data", () => {});
    expect(call && (await ended(call))).toMatchObject({ code: status.UNIMPLEMENTED });
    stub.close();
  });

  const transports: [string, (baseUrl: string) => Transport][] = [
    ["gRPC", (baseUrl) => createGrpcTransport({ baseUrl })],
    ["gRPC-Web", (baseUrl) => createGrpcWebTransport({ baseUrl, httpVersion: "1.1" })],
    ["gRPC-Web as browsers do", (baseUrl) => web.createGrpcWebTransport({ baseUrl })],
    ["Connect", (baseUrl) => createConnectTransport({ baseUrl, httpVersion: "1.1" })],
    ["Connect in JSON", (baseUrl) => createConnectTransport({ baseUrl, httpVersion: "2", useBinaryFormat: false })],
    ["Connect as browsers do", (baseUrl) => web.createConnectTransport({ baseUrl })],
  ];

  it.each(transports)("is unimplemented over %s, unary and streamed", async (_name, transport) => {
    const client = createClient(CompletionService, transport(listener.url));
    await expect(client.complete({})).rejects.toMatchObject({ code: Code.Unimplemented });
    const stream = async (): Promise<void> => {
      for await (const _ of client.streamComplete({})) throw new Error("a message from nowhere");
    };
    await expect(stream()).rejects.toMatchObject({ code: Code.Unimplemented });
  });

  it("leaves other unknown paths to the app", async () => {
    const response = await fetch(`${listener.url}/no/such/path`);
    expect(response.status).toBe(404);
    expect(response.headers.get("grpc-status")).toBeNull();
  });
});
