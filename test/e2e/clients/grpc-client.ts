import { fileURLToPath } from "node:url";
import { type JsonObject, create, toJson } from "@bufbuild/protobuf";
import { credentials, loadPackageDefinition, Metadata, type ServiceError } from "@grpc/grpc-js";
import { load } from "@grpc/proto-loader";
import { ChatRequestSchema } from "../../../src/sdk/index.js";
import {
  type Call,
  type CanonicalError,
  type ChunkJson,
  type Client,
  type CompletionJson,
  fromChunks,
  fromCompletion,
  textOf,
} from "./canonical.js";
import { errorFromDetails } from "./rpc-error.js";

const PROTO = fileURLToPath(new URL("../../../proto", import.meta.url));

interface Stub {
  complete(
    request: object,
    callback: (error: ServiceError | null, answer: { completion: CompletionJson }) => void,
  ): void;
  streamComplete(request: object): NodeJS.EventEmitter & { cancel(): void };
  close(): void;
}

/** gRPC from another stack: @grpc/grpc-js with stubs that it made of the proto files itself. */
export async function grpcClient(url: string): Promise<Client> {
  const definition = await load("parlance/v1/completion_service.proto", {
    includeDirs: [PROTO],
    longs: String,
    enums: String,
    oneofs: false,
  });
  type Constructor = new (address: string, security: ReturnType<typeof credentials.createInsecure>) => Stub;
  const root = loadPackageDefinition(definition) as unknown as { parlance: { v1: { CompletionService: Constructor } } };
  const stub = new root.parlance.v1.CompletionService(new URL(url).host, credentials.createInsecure());
  return {
    name: "@grpc/grpc-js",
    complete: (model, call) =>
      new Promise((resolve, reject) => {
        stub.complete(requestOf(model, call), (error, answer) => {
          if (error) reject(toCanonicalError(error));
          else resolve(fromCompletion(answer.completion));
        });
      }),
    stream: (model, call) =>
      new Promise((resolve, reject) => {
        const chunks: ChunkJson[] = [];
        const stream = stub.streamComplete(requestOf(model, call));
        stream.on("data", (answer: { chunk: ChunkJson }) => chunks.push(answer.chunk));
        stream.on("error", (error: ServiceError) => reject(toCanonicalError(error, textOf(chunks))));
        stream.on("end", () => {
          try {
            resolve(fromChunks(chunks));
          } catch (error) {
            reject(error);
          }
        });
      }),
    close: () => stub.close(),
  };
}

function requestOf(model: string, call: Call): object {
  const json = toJson(ChatRequestSchema, create(ChatRequestSchema, { ...call.chat, model })) as JsonObject;
  return { chat: forProtobufJs(json) };
}

/** protobuf.js has no JSON mapping of its own for Struct and bytes: it takes their fields. */
function forProtobufJs(value: unknown, key = ""): unknown {
  if (key === "parameters" || key === "schema" || key === "extensions") return toStruct(value as JsonObject);
  if (key === "data" && typeof value === "string") return Buffer.from(value, "base64");
  if (Array.isArray(value)) return value.map((item) => forProtobufJs(item));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, forProtobufJs(member, name)]));
}

function toStruct(object: JsonObject): object {
  return { fields: Object.fromEntries(Object.entries(object).map(([name, value]) => [name, toValue(value)])) };
}

function toValue(value: unknown): object {
  if (value === null) return { nullValue: 0 };
  if (typeof value === "string") return { stringValue: value };
  if (typeof value === "number") return { numberValue: value };
  if (typeof value === "boolean") return { boolValue: value };
  if (Array.isArray(value)) return { listValue: { values: value.map(toValue) } };
  return { structValue: toStruct(value as JsonObject) };
}

function toCanonicalError(error: ServiceError, said?: string): CanonicalError {
  const [details] = (error.metadata ?? new Metadata()).get("grpc-status-details-bin");
  return {
    ...errorFromDetails(error.code, error.details, details === undefined ? undefined : Buffer.from(details)),
    said,
  };
}
