import type { HandlerContext, ServiceImpl } from "@connectrpc/connect";
import type { AnswerSink, AnswerValue } from "../../core/answer.js";
import { type Ask, Exchange } from "../../core/exchange.js";
import type { Gateway } from "../../core/gateway.js";
import type { CompletionService } from "../../gen/parlance/v1/completion_service_pb.js";
import { type ChatRequest, type EmbeddingRequest, invalid, ParlanceError } from "../../sdk/index.js";
import { answerHeaders } from "../answer-headers.js";
import { asksStrict } from "../ask-strict.js";
import { checkChat } from "./check-chat.js";
import { toConnectError } from "./connect-error.js";
import { StreamSink } from "./stream-sink.js";
import { UnarySink } from "./unary-sink.js";

const DOOR = "rpc";

/** `parlance.v1.CompletionService` over the gateway: gRPC, gRPC-Web and Connect alike. */
export function completionService(gateway: Gateway): ServiceImpl<typeof CompletionService> {
  const start = (
    context: HandlerContext,
    ask: Ask,
    model: string,
    stream: boolean,
    strict: boolean,
    sink: AnswerSink,
  ): Exchange => {
    const timeoutMs = shorter(context.timeoutMs(), ask.operation === "embed" ? undefined : wishedTimeout(ask.chat));
    const exchange = new Exchange({
      id: gateway.newId(),
      door: DOOR,
      ask,
      model,
      stream,
      strict,
      sink,
      clock: gateway.clock,
      timeoutMs,
    });
    const leave = (): void => exchange.cancel(new ParlanceError("cancelled", "The client cancelled the call."));
    if (context.signal.aborted) leave();
    else context.signal.addEventListener("abort", leave, { once: true });
    void gateway.handle(exchange);
    return exchange;
  };

  const unary = async (context: HandlerContext, ask: Ask, model: string, strict: boolean): Promise<AnswerValue> => {
    const sink = new UnarySink();
    const version = gateway.configVersion();
    const exchange = start(context, ask, model, false, strict, sink);
    try {
      return await sink.answer;
    } catch (thrown) {
      throw toConnectError(ParlanceError.from(thrown), exchange.id);
    } finally {
      tellHeaders(context.responseHeader, exchange, version);
    }
  };

  return {
    async complete(request, context) {
      const chat = guard(gateway, context, () => requireChat(request.chat, context));
      const value = await unary(context, { operation: "complete", wire: undefined, chat }, chat.model, chat.strict);
      return value.kind === "completion" ? { completion: value.completion } : {};
    },

    async *streamComplete(request, context) {
      const chat = guard(gateway, context, () => requireChat(request.chat, context));
      const sink = new StreamSink();
      const version = gateway.configVersion();
      const exchange = start(
        context,
        { operation: "complete", wire: undefined, chat },
        chat.model,
        true,
        chat.strict,
        sink,
      );
      let told = false;
      try {
        for await (const chunk of sink) {
          if (!told) tellHeaders(context.responseHeader, exchange, version);
          told = true;
          yield { chunk };
        }
      } catch (thrown) {
        if (!told) tellHeaders(context.responseHeader, exchange, version);
        throw toConnectError(ParlanceError.from(thrown), exchange.id);
      } finally {
        // A client that stops reading ends the generator here; the provider must stop too.
        exchange.cancel(new ParlanceError("cancelled", "The client cancelled the call."));
      }
    },

    async embed(request, context) {
      const embedding = guard(gateway, context, () => requireEmbedding(request.embedding, context));
      const ask: Ask = { operation: "embed", wire: undefined, embedding };
      const value = await unary(context, ask, embedding.model, embedding.strict);
      return value.kind === "embeddings" ? { result: value.result } : {};
    },

    async countTokens(request, context) {
      const chat = guard(gateway, context, () => requireChat(request.chat, context));
      const value = await unary(context, { operation: "count_tokens", wire: undefined, chat }, chat.model, chat.strict);
      return value.kind === "token_count" ? { inputTokens: value.inputTokens, estimated: value.estimated } : {};
    },
  };
}

function requireChat(chat: ChatRequest | undefined, context: HandlerContext): ChatRequest {
  if (chat === undefined) throw invalid("chat", "chat is required: the request to complete.");
  checkChat(chat);
  chat.strict ||= asksStrict((name) => context.requestHeader.get(name));
  return chat;
}

function requireEmbedding(embedding: EmbeddingRequest | undefined, context: HandlerContext): EmbeddingRequest {
  if (embedding === undefined) throw invalid("embedding", "embedding is required: what to embed.");
  if (embedding.model === "") throw invalid("embedding.model", "embedding.model is required: the name of a model.");
  if (embedding.inputs.length === 0) throw invalid("embedding.inputs", "embedding.inputs needs at least one input.");
  embedding.inputs.forEach((input, index) => {
    if (input.kind.case === undefined) {
      throw invalid(`embedding.inputs[${index}]`, `embedding.inputs[${index}] needs text or tokens.`);
    }
  });
  embedding.strict ||= asksStrict((name) => context.requestHeader.get(name));
  return embedding;
}

function guard<T>(gateway: Gateway, context: HandlerContext, check: () => T): T {
  try {
    return check();
  } catch (thrown) {
    const error = ParlanceError.from(thrown);
    const id = gateway.newId();
    const path = `/${context.service.typeName}/${context.method.name}`;
    gateway.refused({ id, door: DOOR, method: context.requestMethod, path, error });
    throw toConnectError(error, id);
  }
}

/** `version` is that of the snapshot which the exchange began on; another may be in force when it ends. */
function tellHeaders(headers: Headers, exchange: Exchange, version: string): void {
  for (const [name, value] of Object.entries(answerHeaders(exchange, version))) headers.set(name, value);
}

function wishedTimeout(chat: ChatRequest | undefined): number | undefined {
  const timeout = chat?.routing?.timeout;
  return timeout === undefined ? undefined : Number(timeout.seconds) * 1000 + timeout.nanos / 1_000_000;
}

function shorter(a: number | undefined, b: number | undefined): number | undefined {
  if (a === undefined) return b;
  return b === undefined ? a : Math.min(a, b);
}
