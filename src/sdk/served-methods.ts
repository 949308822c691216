import { inspect } from "node:util";
import type { Message } from "@bufbuild/protobuf";
import { create } from "@bufbuild/protobuf";
import {
  type HealthCheckRequest,
  HealthCheckResponseSchema,
  HealthCheckResponse_ServingStatus as Status,
} from "../gen/grpc/health/v1/health_pb.js";
import {
  type CompleteRequest,
  type CompleteResponse,
  type ConfigureRequest,
  ConfigureResponseSchema,
  type CountTokensRequest,
  CountTokensResponseSchema,
  type EmbedRequest,
  EmbedResponseSchema,
  type HandshakeRequest,
  HandshakeResponseSchema,
  type ReleaseRequest,
  ReleaseResponseSchema,
} from "../gen/parlance/provider/v1/provider_service_pb.js";
import { ParlanceError } from "./errors.js";
import type { Provider, ProviderCall } from "./provider.js";
import { type RpcStatus, statusOfError } from "./rpc-status.js";
import type { ServeOptions } from "./serve-options.js";
import type { ServedProviders } from "./served-providers.js";

const NOT_FOUND = 5;
const FAILED_PRECONDITION = 9;

/** The version of the contract that this SDK speaks. */
const API = 1;

/** What answers a method: one message, or many. Throws a `ParlanceError`, or a `BareStatus`. */
export interface Answers {
  readonly [method: string]: (
    request: never,
    signal: AbortSignal,
  ) => Message | Promise<Message> | AsyncIterable<Message>;
}

/** A status that says it all by its number. */
export class BareStatus extends Error {
  readonly code: number;

  constructor(code: number, message: string) {
    super(message);
    this.code = code;
  }
}

/** `grpc.health.v1.Health`: who can answer at all, serves. */
export function healthAnswers(services: readonly string[]): Answers {
  const known = new Set(["", ...services]);
  const check = ({ service }: HealthCheckRequest): Message => {
    if (!known.has(service)) throw new BareStatus(NOT_FOUND, `There is no service "${service}".`);
    return create(HealthCheckResponseSchema, { status: Status.SERVING });
  };
  return {
    check,
    async *watch(request: HealthCheckRequest, signal: AbortSignal) {
      yield known.has(request.service)
        ? check(request)
        : create(HealthCheckResponseSchema, { status: Status.SERVICE_UNKNOWN });
      // It serves as long as it lives.
      await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
    },
  };
}

/** `parlance.provider.v1.ProviderService` over the providers that it makes. */
export function providerAnswers(providers: ServedProviders, options: ServeOptions): Answers {
  const find = (id: string): Provider => {
    const provider = providers.find(id);
    if (provider === undefined) throw new BareStatus(NOT_FOUND, `There is no provider "${id}" here.`);
    return provider;
  };
  const method = <K extends "complete" | "embed" | "countTokens">(id: string, name: K): NonNullable<Provider[K]> => {
    const provider = find(id);
    const found = provider[name];
    if (found === undefined) throw new ParlanceError("unsupported", `The plugin "${options.name}" cannot do this.`);
    return found.bind(provider) as NonNullable<Provider[K]>;
  };
  return {
    handshake({ minApi, maxApi }: HandshakeRequest) {
      if (minApi > API || maxApi < API) {
        const what = maxApi < API ? "Update the gateway" : "Install a newer version of the plugin";
        throw new BareStatus(
          FAILED_PRECONDITION,
          `It speaks plugin api ${API}; the gateway accepts ${minApi} to ${maxApi}. ${what}.`,
        );
      }
      const { name, version, capabilities, settingsSchema } = options;
      return create(HandshakeResponseSchema, {
        api: API,
        name,
        version,
        capabilities: [...capabilities],
        ...(settingsSchema && { settingsSchema }),
      });
    },
    async configure(request: ConfigureRequest) {
      const { id, provider, dialects } = await providers.add(request);
      return create(ConfigureResponseSchema, {
        provider: id,
        models: (provider.models ?? []).map(({ name, operations }) => ({ name, operations: [...operations] })),
        dialects: [...dialects],
      });
    },
    async release({ provider }: ReleaseRequest) {
      await providers.release(provider);
      return create(ReleaseResponseSchema);
    },
    async *complete(request: CompleteRequest, signal: AbortSignal) {
      const { provider, chat } = request;
      const source = method(provider, "complete")(given(chat, "chat"), callOf(request, signal));
      for await (const chunk of source) {
        const response: CompleteResponse = { $typeName: "parlance.provider.v1.CompleteResponse", chunk };
        yield response;
      }
    },
    async embed(request: EmbedRequest, signal: AbortSignal) {
      const { provider, embedding } = request;
      const result = await method(provider, "embed")(given(embedding, "embedding"), callOf(request, signal));
      return create(EmbedResponseSchema, { result });
    },
    async countTokens(request: CountTokensRequest, signal: AbortSignal) {
      const { provider, chat } = request;
      const inputTokens = await method(provider, "countTokens")(given(chat, "chat"), callOf(request, signal));
      return create(CountTokensResponseSchema, { inputTokens: BigInt(inputTokens) });
    },
  };
}

function given<T>(value: T | undefined, field: string): T {
  if (value === undefined) throw new ParlanceError("invalid_request", `${field} is required.`, { field });
  return value;
}

function callOf(
  { model, requestId, stream = false }: { model: string; requestId: string; stream?: boolean },
  signal: AbortSignal,
): ProviderCall {
  return { model, requestId, signal, stream };
}

/** What a method threw, as a status. What is no error of the house is printed, and not told. */
export function statusOfThrown(thrown: unknown, plugin: string, signal: AbortSignal): RpcStatus {
  if (thrown instanceof BareStatus) return { code: thrown.code, message: thrown.message, details: undefined };
  if (ParlanceError.is(thrown)) return statusOfError(thrown);
  if (!signal.aborted) process.stderr.write(`${inspect(thrown)}\n`);
  return statusOfError(new ParlanceError("provider_error", `The plugin "${plugin}" failed.`, { cause: thrown }));
}
