import { type DescMessage, type DescMethod, type Message, type MessageShape } from "@bufbuild/protobuf";
import type { AnswerValue } from "../../core/answer.js";
import type { Ask } from "../../core/exchange.js";
import {
  CompleteRequestSchema,
  type CompleteResponse,
  CompleteResponseSchema,
  CompletionService,
  CountTokensRequestSchema,
  CountTokensResponseSchema,
  EmbedRequestSchema,
  EmbedResponseSchema,
  StreamCompleteRequestSchema,
  StreamCompleteResponseSchema,
} from "../../gen/parlance/v1/completion_service_pb.js";
import { type ChatRequest, create, type EmbeddingRequest, invalid, type RoutingHints } from "../../sdk/index.js";
import { checkChat } from "./check-chat.js";

/** What a call asks of the gateway. */
export interface RpcAsk {
  readonly ask: Ask;
  readonly model: string;
  readonly strict: boolean;
  readonly routing: RoutingHints | undefined;
}

/** A method of `parlance.v1.CompletionService`. */
export interface RpcMethod {
  readonly path: string;
  readonly streamed: boolean;
  readonly input: DescMessage;
  readonly output: DescMessage;
  /** What a request asks. Throws `invalid_request`, naming the field. */
  read(request: Message): RpcAsk;
  /** The response that holds an answer. */
  answer(value: AnswerValue): Message;
}

const { complete, streamComplete, embed, countTokens } = CompletionService.method;

/** The methods of `parlance.v1.CompletionService`. */
export const completionMethods: readonly RpcMethod[] = [
  method(complete, CompleteRequestSchema, CompleteResponseSchema, {
    read: ({ chat }) => readChat(chat, "complete"),
    answer: (value): CompleteResponse => ({
      $typeName: "parlance.v1.CompleteResponse",
      ...(value.kind === "completion" && { completion: value.completion }),
    }),
  }),
  method(streamComplete, StreamCompleteRequestSchema, StreamCompleteResponseSchema, {
    read: ({ chat }) => readChat(chat, "complete"),
    answer: () => {
      throw new Error("a streamed answer has no one response");
    },
  }),
  method(embed, EmbedRequestSchema, EmbedResponseSchema, {
    read: ({ embedding }) => readEmbedding(embedding),
    answer: (value) => create(EmbedResponseSchema, value.kind === "embeddings" ? { result: value.result } : {}),
  }),
  method(countTokens, CountTokensRequestSchema, CountTokensResponseSchema, {
    read: ({ chat }) => readChat(chat, "count_tokens"),
    answer: (value) =>
      create(
        CountTokensResponseSchema,
        value.kind === "token_count" ? { inputTokens: value.inputTokens, estimated: value.estimated } : {},
      ),
  }),
];

function method<I extends DescMessage>(
  { parent, name, methodKind }: DescMethod,
  input: I,
  output: DescMessage,
  codec: { read(request: MessageShape<I>): RpcAsk; answer(value: AnswerValue): Message },
): RpcMethod {
  return {
    path: `/${parent.typeName}/${name}`,
    streamed: methodKind === "server_streaming",
    input,
    output,
    // Whoever decodes by `input` has such a message.
    read: (request) => codec.read(request as MessageShape<I>),
    answer: (value) => codec.answer(value),
  };
}

/** What a chat asks. Throws `invalid_request`, naming the field. */
export function readChat(chat: ChatRequest | undefined, operation: "complete" | "count_tokens"): RpcAsk {
  if (chat === undefined) throw invalid("chat", "chat is required: the request to complete.");
  checkChat(chat);
  return {
    ask: { operation, wire: undefined, chat },
    model: chat.model,
    strict: chat.strict,
    routing: chat.routing,
  };
}

/** What texts to embed ask. Throws `invalid_request`, naming the field. */
export function readEmbedding(embedding: EmbeddingRequest | undefined): RpcAsk {
  if (embedding === undefined) throw invalid("embedding", "embedding is required: what to embed.");
  if (embedding.model === "") throw invalid("embedding.model", "embedding.model is required: the name of a model.");
  if (embedding.inputs.length === 0) throw invalid("embedding.inputs", "embedding.inputs needs at least one input.");
  embedding.inputs.forEach((input, index) => {
    if (input.kind.case === undefined) {
      throw invalid(`embedding.inputs[${index}]`, `embedding.inputs[${index}] needs text or tokens.`);
    }
  });
  return {
    ask: { operation: "embed", wire: undefined, embedding },
    model: embedding.model,
    strict: embedding.strict,
    routing: undefined,
  };
}
