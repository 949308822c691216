import type { Message } from "@bufbuild/protobuf";
import type { MethodDefinition } from "@grpc/grpc-js";
import { Health } from "../../gen/grpc/health/v1/health_pb.js";
import { ProviderService } from "../../gen/parlance/provider/v1/provider_service_pb.js";
import { rpcMethods } from "../../sdk/rpc-methods.js";

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

/** A call whose answer is many messages: `data` for each, then `end`, or `error` at any time. */
export interface CallEvents {
  on(event: "data", listener: (message: Message) => void): unknown;
  on(event: "end", listener: () => void): unknown;
  on(event: "error", listener: (error: Error) => void): unknown;
  isPaused(): boolean;
  pause(): unknown;
  resume(): unknown;
  cancel(): void;
}

/** An open line to a plugin. */
export interface Connection {
  /** Rejects with the `ServiceError` of `@grpc/grpc-js`. */
  unary<O extends Message>(method: Method, request: Message, options?: UnaryOptions): Promise<O>;
  stream(method: Method, request: Message): CallEvents;
  /** When something last came from the plugin, as `performance.now()`. */
  heard(): number;
  hear(): void;
  close(): void;
}
