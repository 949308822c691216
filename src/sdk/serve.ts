/**
 * `@parlance/sdk/serve`: runs a provider plugin as the gRPC service `parlance.provider.v1.ProviderService`, for gateways
 * that keep it out of their own thread or on another machine.
 * @module
 */
import { timingSafeEqual } from "node:crypto";
import { Server, ServerCredentials } from "@grpc/grpc-js";
import type { JsonObject } from "@bufbuild/protobuf";
import { Health } from "../gen/grpc/health/v1/health_pb.js";
import { ProviderService } from "../gen/parlance/provider/v1/provider_service_pb.js";
import type { ProviderPlugin } from "./provider.js";
import { rpcMethods } from "./rpc-methods.js";
import { createServedProviders } from "./served-providers.js";
import { type Answers, healthAnswers, providerAnswers, toHandlers } from "./served-methods.js";
import type { SpeakWireOptions } from "./speak-wire.js";

/** Largest message that is taken, in bytes, where nothing else is said: 64 MiB. */
export const MAX_MESSAGE_BYTES = 64 * 1024 * 1024;

/** How a plugin is served. */
export interface ServeOptions {
  /** Name of the plugin, such as `acme`. */
  readonly name: string;
  /** Its own version, such as `1.2.0`. */
  readonly version: string;
  /** What its providers can do, some of `complete`, `embed` and `count_tokens`. */
  readonly capabilities: readonly string[];
  /** JSON schema of the settings. Absent means that it takes none. */
  readonly settingsSchema?: JsonObject | undefined;
  /** Where to listen: the path of a unix socket, or `host:port`, with port 0 for any that is free. */
  readonly socket: string;
  /** What callers must send as bearer. Absent means that whoever reaches the socket may call. */
  readonly token?: string | undefined;
  /** Certificate chain and key in PEM, to serve TLS. Absent means plaintext. */
  readonly tls?: { readonly cert: Buffer; readonly key: Buffer } | undefined;
  /** Largest message that is taken, in bytes. Absent means `MAX_MESSAGE_BYTES`. */
  readonly maxMessageBytes?: number | undefined;
  /** Dialects that wire providers can name. Absent means that they must bring their own. */
  readonly dialects?: Pick<SpeakWireOptions, "chat" | "embeddings"> | undefined;
}

/** A plugin that is served. */
export interface ServedPlugin {
  /** The port that it listens on; 1 for a unix socket. */
  readonly port: number;
  /** Ends what runs and lets go of the providers. */
  close(): Promise<void>;
}

/** Serves a plugin until it is closed. Rejects when the socket cannot be had. */
export async function servePlugin(plugin: ProviderPlugin, options: ServeOptions): Promise<ServedPlugin> {
  const server = new Server({
    "grpc.max_receive_message_length": options.maxMessageBytes ?? MAX_MESSAGE_BYTES,
    "grpc.max_send_message_length": -1,
  });
  const providers = createServedProviders(plugin, options);
  const mayCall = guard(options.token);
  const add = (service: typeof ProviderService | typeof Health, answers: Answers): void =>
    server.addService(rpcMethods(service), toHandlers(service, answers, mayCall, options.name));
  add(ProviderService, providerAnswers(providers, options));
  add(Health, healthAnswers([ProviderService.typeName]));
  const { tls } = options;
  const credentials =
    tls === undefined
      ? ServerCredentials.createInsecure()
      : ServerCredentials.createSsl(null, [{ private_key: tls.key, cert_chain: tls.cert }]);
  const address = options.socket.includes("/") ? `unix:${options.socket}` : options.socket;
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync(address, credentials, (error, bound) => (error === null ? resolve(bound) : reject(error)));
  });
  return {
    port,
    async close() {
      server.forceShutdown();
      await providers.close();
    },
  };
}

/** Whether a call's `authorization` is right. Takes the same time for every wrong one of the same length. */
function guard(token: string | undefined): (authorization: string) => boolean {
  if (token === undefined || token === "") return () => true;
  const wanted = Buffer.from(`Bearer ${token}`);
  return (authorization) => {
    const given = Buffer.from(authorization);
    return given.length === wanted.length && timingSafeEqual(given, wanted);
  };
}
