import type { Message } from "@bufbuild/protobuf";
import type { ChannelCredentials, ClientReadableStream, Metadata, MethodDefinition, ServiceError } from "@grpc/grpc-js";
import { Health } from "../../gen/grpc/health/v1/health_pb.js";
import { ProviderService } from "../../gen/parlance/provider/v1/provider_service_pb.js";
import { rpcMethods } from "../../sdk/rpc-methods.js";
import type { Carrier } from "./carrier.js";

/** A method that is called. */
export type Method = MethodDefinition<Message, Message>;

/** The methods of a plugin. */
export const METHODS = rpcMethods(ProviderService) as Readonly<
  Record<"handshake" | "configure" | "release" | "complete" | "embed" | "countTokens", Method>
>;
/** What asks whether it lives. */
export const CHECK = rpcMethods(Health).check as Method;

/** How a unary call is made. */
export interface UnaryOptions {
  readonly signal?: AbortSignal | undefined;
  /** Most milliseconds for the answer. Absent means any. */
  readonly timeoutMs?: number | undefined;
  /** Whether to wait until there is a connection, in the place of failing without one. */
  readonly wait?: boolean | undefined;
}

/** An open line to a plugin. */
export interface Connection {
  /** Rejects with the `ServiceError` of `@grpc/grpc-js`. */
  unary<O extends Message>(method: Method, request: Message, options?: UnaryOptions): Promise<O>;
  stream(method: Method, request: Message): ClientReadableStream<Message>;
  /** When something last came from the plugin, as `performance.now()`. */
  heard(): number;
  hear(): void;
  close(): void;
}

/** Makes a line to where a carrier listens; it connects at the first call. */
export async function openConnection(carrier: Carrier, maxMessageBytes: number): Promise<Connection> {
  // A gateway without such plugins does not pay for the library.
  const grpc = await import("@grpc/grpc-js");
  const metadata = (waitForReady: boolean): Metadata => {
    const made = new grpc.Metadata({ waitForReady });
    if (carrier.token !== undefined) made.set("authorization", `Bearer ${carrier.token}`);
    return made;
  };
  const patient = metadata(true);
  const prompt = metadata(false);
  const client = new grpc.Client(carrier.target, credentialsOf(grpc.credentials, carrier), {
    "grpc.max_receive_message_length": maxMessageBytes,
    "grpc.max_send_message_length": -1,
    // One attempt for one call: who retries is the gateway.
    "grpc.enable_retries": 0,
    "grpc.enable_http_proxy": 0,
    "grpc.use_local_subchannel_pool": 1,
    "grpc.initial_reconnect_backoff_ms": 20,
    "grpc.max_reconnect_backoff_ms": 1000,
    "grpc.service_config_disable_resolution": 1,
  });
  let heard = performance.now();
  return {
    unary<O extends Message>(method: Method, request: Message, { signal, timeoutMs, wait = false }: UnaryOptions = {}) {
      return new Promise<O>((resolve, reject) => {
        const call = client.makeUnaryRequest(
          method.path,
          method.requestSerialize,
          method.responseDeserialize,
          request,
          wait ? patient : prompt,
          timeoutMs === undefined ? {} : { deadline: Date.now() + timeoutMs },
          (error: ServiceError | null, answer?: Message) => {
            signal?.removeEventListener("abort", cancel);
            if (error !== null) return reject(error);
            heard = performance.now();
            resolve(answer as O);
          },
        );
        const cancel = (): void => call.cancel();
        signal?.addEventListener("abort", cancel, { once: true });
        if (signal?.aborted) cancel();
      });
    },
    stream: (method, request) =>
      client.makeServerStreamRequest(
        method.path,
        method.requestSerialize,
        method.responseDeserialize,
        request,
        prompt,
        {},
      ),
    heard: () => heard,
    hear() {
      heard = performance.now();
    },
    close: () => client.close(),
  };
}

function credentialsOf(
  {
    createInsecure,
    createSsl,
  }: { createInsecure(): ChannelCredentials; createSsl(roots?: Buffer): ChannelCredentials },
  { trust }: Carrier,
): ChannelCredentials {
  if (trust === undefined) return createInsecure();
  return trust === "system" ? createSsl() : createSsl(trust);
}
