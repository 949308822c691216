import OpenAI from "openai";
import type { Response, ResponseCreateParamsNonStreaming } from "openai/resources/responses/responses";
import { openaiResponses } from "../../../src/dialects/openai-responses/index.js";
import { ChatRequestSchema, create, Losses } from "../../../src/sdk/index.js";
import { type Call, type Canonical, type CanonicalError, type Client, compact } from "./canonical.js";

/** The vendor's own SDK at the door for its Responses. Calls are spelled by the gateway's own codec. */
export function responsesClient(url: string): Client {
  const client = new OpenAI({ baseURL: `${url}/v1`, apiKey: "any", maxRetries: 0 });
  return {
    name: "openai SDK, Responses",
    async complete(model, call) {
      try {
        return canonical(await client.responses.create(spell(model, call)));
      } catch (thrown) {
        throw toCanonicalError(thrown);
      }
    },
    async stream(model, call) {
      let said = "";
      let last: Response | undefined;
      try {
        // The helper puts the answer together, and throws where an event does not fit to what came before.
        for await (const event of client.responses.stream({ ...spell(model, call), stream: true })) {
          if (event.type === "response.output_text.delta") said += event.delta;
          else if (event.type === "response.failed") throw failureOf(event.response);
          else if (event.type === "response.completed" || event.type === "response.incomplete") last = event.response;
        }
      } catch (thrown) {
        throw toCanonicalError(thrown, said);
      }
      if (last === undefined) throw new Error(`the stream ended without its last event, after "${said}"`);
      return canonical(last);
    },
    close() {},
  };
}

function spell(model: string, { chat }: Call): ResponseCreateParamsNonStreaming {
  const request = create(ChatRequestSchema, { ...chat, model });
  const target = { model, stream: false, traits: {}, losses: new Losses() };
  return JSON.parse(openaiResponses.encodeRequest(request, target)) as ResponseCreateParamsNonStreaming;
}

function canonical(answer: Response): Canonical {
  if (answer.status === "failed") throw failureOf(answer);
  const toolCalls = answer.output.flatMap((item) =>
    item.type === "function_call" ? [{ id: item.call_id, name: item.name, arguments: compact(item.arguments) }] : [],
  );
  const parts = answer.output.flatMap((item) => (item.type === "message" ? item.content : []));
  const finish =
    answer.status === "completed"
      ? toolCalls.length > 0
        ? "tool_calls"
        : "stop"
      : answer.incomplete_details?.reason === "max_output_tokens"
        ? "length"
        : String(answer.status);
  return {
    text: parts.map((part) => (part.type === "output_text" ? part.text : "")).join(""),
    reasoning: answer.output
      .flatMap((item) => (item.type === "reasoning" ? item.summary.map(({ text }) => text) : []))
      .join(""),
    refusal: parts.map((part) => (part.type === "refusal" ? part.refusal : "")).join(""),
    toolCalls,
    finish,
    inputTokens: answer.usage?.input_tokens,
    outputTokens: answer.usage?.output_tokens,
  };
}

/** An answer that says of itself that it failed: the vendor has fewer words for it than the gateway. */
function failureOf({ error }: Response): CanonicalError {
  const own = (error as { parlance?: { code?: string } } | null)?.parlance;
  return {
    status: 0,
    className: "response.failed",
    code: own?.code ?? error?.code,
    field: undefined,
    retryAfterSeconds: undefined,
    message: error?.message ?? "",
  };
}

function toCanonicalError(thrown: unknown, said?: string): CanonicalError {
  if (!(thrown instanceof OpenAI.APIError)) {
    if (thrown instanceof Error) throw thrown;
    return { ...(thrown as CanonicalError), said };
  }
  const retryAfter = thrown.headers?.get("retry-after");
  return {
    status: thrown.status ?? 0,
    className: thrown.constructor.name,
    code: thrown.code ?? undefined,
    field: thrown.param ?? undefined,
    retryAfterSeconds: retryAfter == null ? undefined : Number(retryAfter),
    message: thrown.message,
    said,
  };
}
