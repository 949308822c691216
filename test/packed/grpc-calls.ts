import { join } from "node:path";
import { type Client as GrpcClient, credentials, loadPackageDefinition } from "@grpc/grpc-js";
import { load } from "@grpc/proto-loader";

/** Calls by a gRPC library that knows nothing of ours but the proto files. */
export interface Client {
  complete(request: object): Promise<object>;
  /** Every message of the stream. */
  stream(request: object): Promise<object[]>;
  listModels(): Promise<{ readonly name: string }[]>;
  close(): void;
}

type Unary = (request: object, done: (error: Error | null, response: object) => void) => void;
type Streaming = (request: object) => NodeJS.ReadableStream;

/** `protos`: the folder that the packages of the proto files are in. */
export async function grpcCalls(url: string, protos: string): Promise<Client> {
  const files = ["completion_service", "model_service"].map((file) => join(protos, `parlance/v1/${file}.proto`));
  const definition = await load(files, { includeDirs: [protos], enums: String });
  const { parlance } = loadPackageDefinition(definition) as unknown as {
    parlance: { v1: Record<string, new (address: string, trust: unknown) => GrpcClient & Record<string, unknown>> };
  };
  const client = (service: string): GrpcClient & Record<string, unknown> => {
    const Service = parlance.v1[service];
    if (Service === undefined) throw new Error(`no ${service} in ${protos}`);
    return new Service(new URL(url).host, credentials.createInsecure());
  };
  const completions = client("CompletionService");
  const models = client("ModelService");
  const unary = (of: GrpcClient & Record<string, unknown>, method: string, request: object): Promise<object> =>
    new Promise((resolve, reject) => {
      (of[method] as Unary).call(of, request, (error, response) =>
        error === null ? resolve(response) : reject(error),
      );
    });
  return {
    complete: (request) => unary(completions, "Complete", request),
    stream: (request) =>
      new Promise((resolve, reject) => {
        const messages: object[] = [];
        (completions.StreamComplete as Streaming)
          .call(completions, request)
          .on("data", (message: object) => messages.push(message))
          .on("error", reject)
          .on("end", () => resolve(messages));
      }),
    listModels: async () => ((await unary(models, "ListModels", {})) as { models: { name: string }[] }).models,
    close: () => {
      completions.close();
      models.close();
    },
  };
}
