import { create, toJson } from "@bufbuild/protobuf";
import { type Client as ConnectClient, ConnectError, createClient } from "@connectrpc/connect";
import { createGrpcWebTransport } from "@connectrpc/connect-web";
import { BadRequestSchema, RetryInfoSchema } from "../../../src/gen/google/rpc/error_details_pb.js";
import { CompletionService } from "../../../src/gen/parlance/v1/completion_service_pb.js";
import { ErrorCode, ErrorDetailSchema } from "../../../src/gen/parlance/v1/error_details_pb.js";
import { ChatRequestSchema, ChunkSchema, CompletionSchema } from "../../../src/sdk/index.js";
import {
  type Call,
  type CanonicalError,
  type ChunkJson,
  type Client,
  type CompletionJson,
  fromChunks,
  fromCompletion,
} from "./canonical.js";

/** gRPC-Web as a page in a browser speaks it: connect-web over fetch. */
export function grpcWebClient(url: string): Client {
  const client: ConnectClient<typeof CompletionService> = createClient(
    CompletionService,
    createGrpcWebTransport({ baseUrl: url }),
  );
  const requestOf = (model: string, call: Call) => ({ chat: create(ChatRequestSchema, { ...call.chat, model }) });
  return {
    name: "connect-web gRPC-Web",
    async complete(model, call) {
      try {
        const { completion } = await client.complete(requestOf(model, call));
        if (completion === undefined) throw new Error("an answer without a completion");
        return fromCompletion(toJson(CompletionSchema, completion) as CompletionJson);
      } catch (thrown) {
        throw toCanonicalError(thrown);
      }
    },
    async stream(model, call) {
      const chunks: ChunkJson[] = [];
      try {
        for await (const { chunk } of client.streamComplete(requestOf(model, call))) {
          if (chunk) chunks.push(toJson(ChunkSchema, chunk) as ChunkJson);
        }
      } catch (thrown) {
        throw toCanonicalError(thrown);
      }
      return fromChunks(chunks);
    },
    close() {},
  };
}

function toCanonicalError(thrown: unknown): CanonicalError {
  if (!(thrown instanceof ConnectError)) throw thrown;
  const [detail] = thrown.findDetails(ErrorDetailSchema);
  const [retry] = thrown.findDetails(RetryInfoSchema);
  const [badRequest] = thrown.findDetails(BadRequestSchema);
  return {
    status: thrown.code,
    code: detail === undefined ? undefined : ErrorCode[detail.code]?.toLowerCase(),
    field: badRequest?.fieldViolations[0]?.field,
    retryAfterSeconds: retry?.retryDelay && Number(retry.retryDelay.seconds) + retry.retryDelay.nanos / 1e9,
    message: thrown.rawMessage,
  };
}
