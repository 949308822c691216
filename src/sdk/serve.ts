/**
 * `@parlance/sdk/serve`: runs a provider plugin as the gRPC service `parlance.provider.v1.ProviderService`, for gateways
 * that keep it out of their own thread or on another machine.
 * @module
 */
import { timingSafeEqual } from "node:crypto";
import { Server, ServerCredentials } from "@grpc/grpc-js";
import { toHandlers } from "./grpc-handlers.js";
import { Health } from "../gen/grpc/health/v1/health_pb.js";
import { ProviderService } from "../gen/parlance/provider/v1/provider_service_pb.js";
import type { ProviderPlugin } from "./provider.js";
import { rpcMethods } from "./rpc-methods.js";
import type { ServeOptions } from "./serve-options.js";
import { createServedProviders } from "./served-providers.js";
import { type Answers, healthAnswers, providerAnswers } from "./served-methods.js";

export type { ServeOptions } from "./serve-options.js";

/** Largest message that is taken, in bytes, where nothing else is said: 64 MiB. */
export const MAX_MESSAGE_BYTES = 64 * 1024 * 1024;

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
