import type { Message } from "@bufbuild/protobuf";
import type { ChannelCredentials, Metadata, ServiceError } from "@grpc/grpc-js";
import type { Carrier } from "./carrier.js";
import type { Connection, Method, UnaryOptions } from "./connection.js";

/** Makes a line to where a carrier listens; it connects at the first call. */
export async function openGrpc(
  target: string,
  carrier: Pick<Carrier, "token" | "trust">,
  maxMessageBytes: number,
): Promise<Connection> {
  // A gateway without such plugins does not pay for the library.
  const grpc = await import("./grpc.js");
  const metadata = (waitForReady: boolean): Metadata => {
    const made = new grpc.Metadata({ waitForReady });
    if (carrier.token !== undefined) made.set("authorization", `Bearer ${carrier.token}`);
    return made;
  };
  const patient = metadata(true);
  const prompt = metadata(false);
  const client = new grpc.Client(target, credentialsOf(grpc.credentials, carrier), {
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
  }: { createInsecure(this: void): ChannelCredentials; createSsl(this: void, roots?: Buffer): ChannelCredentials },
  { trust }: Pick<Carrier, "trust">,
): ChannelCredentials {
  if (trust === undefined) return createInsecure();
  return trust === "system" ? createSsl() : createSsl(trust);
}
