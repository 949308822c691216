import {
  chunks,
  create,
  createHttpClient,
  definePlugin,
  EmbeddingResultSchema,
  errorFromEvent,
  errorFromStatus,
  FinishReason,
  Losses,
  ndjsonFraming,
  ParlanceError,
  readBody,
  readEvents,
  readRefusal,
  refuseBody,
  UsageSchema,
} from "@parlance/sdk";

/**
 * What the provider does, step by step, so that a test can break one of them. The API is made up: `POST /talk` answers
 * with JSON, or with a line of JSON for every piece.
 */
export const STEPS = {
  /** Called once for a provider. */
  begin: (_settings) => ({}),
  keyOf: (settings) => settings.apiKey,
  signalOf: (call) => call.signal,
  /** Sends one call. */
  send: (http, request, _settings) => http.send(request),
  /** The refusal that a status stands for. */
  refusal: (status, headers, words, _settings) => errorFromStatus(status, headers, words),
  /** The lines of a stream. */
  lines: (answer) => readEvents(answer, ndjsonFraming),
  /** What is made of a stream that ends without its last line. */
  cut() {
    throw new ParlanceError("stream_unfinished", "Acme's answer ended before it was whole.");
  },
  /** What a loss does. */
  lose: (losses, path) => losses.drop(path, "Acme has no such field."),
  usage: (tokens) => chunks.usage(create(UsageSchema, { inputTokens: tokens.in, outputTokens: tokens.out })),
  /** The answer's chunks, on their way to the reader. */
  pass: (answer, _state) => answer,
};

/** A plugin for the API, with some of its steps taken otherwise. */
export function acme(broken = {}) {
  const steps = { ...STEPS, ...broken };
  return definePlugin({
    create(settings) {
      const state = steps.begin(settings);
      const http = createHttpClient();
      const key = steps.keyOf(settings);
      const post = async (path, body, call) => {
        const request = {
          url: `${settings.baseUrl ?? "https://acme.invalid"}${path}`,
          headers: { "content-type": "application/json", ...(key !== undefined && { authorization: `Bearer ${key}` }) },
          body: JSON.stringify(body),
          signal: steps.signalOf(call),
        };
        const answer = await steps.send(http, request, settings);
        if (answer.status < 300) return answer;
        throw steps.refusal(answer.status, answer.headers, wordsOf(await readRefusal(answer)), settings);
      };
      return {
        complete: (request, call) => steps.pass(talk(steps, post, request, call), state),
        async embed(request, call) {
          const texts = request.inputs.map(({ kind }) => kind.value);
          const { vectors, tokens } = await jsonOf(await post("/embed", { model: call.model, texts }, call));
          const embeddings = vectors.map((vector, index) => ({ index, vector }));
          return create(EmbeddingResultSchema, { model: call.model, embeddings, usage: { inputTokens: tokens } });
        },
        async countTokens(request, call) {
          const { tokens } = await jsonOf(await post("/count", { model: call.model, say: wordsIn(request) }, call));
          return tokens;
        },
        close: () => http.close(),
      };
    },
  });
}

async function* talk(steps, post, request, call) {
  const losses = lossesOf(steps, request);
  const { temperature, maxOutputTokens: limit, stop } = request;
  const body = { model: call.model, say: wordsIn(request), stream: call.stream, temperature, limit, stop };
  const answer = await post("/talk", body, call);
  const end = call.stream ? yield* said(steps, answer, call) : yield* saidAtOnce(answer, call);
  yield chunks.partEnd(0, 0);
  yield chunks.finish(0, { reason: end.done === "limit" ? FinishReason.LENGTH : FinishReason.STOP, raw: end.done });
  const usage = steps.usage(end.tokens ?? {});
  if (usage !== undefined) yield usage;
  yield chunks.completionEnd({ losses: losses.list });
}

/** Says each line as it comes; gives back the last. */
async function* said(steps, answer, call) {
  let begun = false;
  for await (const { data } of steps.lines(answer)) {
    const line = parsed(data);
    // Not before the first line: an answer that is left before it is read would keep its connection.
    if (!begun) yield* begin(call);
    begun = true;
    if (line.error !== undefined) throw errorFromEvent({ message: line.error.message, type: line.error.kind });
    if (line.done !== undefined) return line;
    if (typeof line.say === "string") yield chunks.textDelta(0, 0, line.say);
  }
  return steps.cut();
}

function* begin({ model }) {
  yield chunks.completionStart({ id: "acme", model });
  yield chunks.partStart(0, 0, { kind: { case: "text", value: { text: "" } } });
}

async function* saidAtOnce(answer, call) {
  const whole = await jsonOf(answer);
  if (typeof whole.say !== "string") throw new ParlanceError("malformed_answer", "Acme's answer says nothing.");
  yield* begin(call);
  yield chunks.textDelta(0, 0, whole.say);
  return whole;
}

async function jsonOf(answer) {
  await refuseBody(answer, "json", "JSON");
  return parsed((await readBody(answer)).toString("utf8"));
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new ParlanceError("malformed_answer", "Acme's answer is not JSON.", { cause });
  }
}

function wordsOf(body) {
  try {
    const { error } = JSON.parse(body.toString("utf8"));
    return { message: error.message, type: error.kind };
  } catch {
    return {};
  }
}

function wordsIn(request) {
  return request.messages.map(({ parts }) => parts.map(({ kind }) => kind.value?.text ?? "").join("")).join("\n");
}

const UNKNOWN = {
  topP: "top_p",
  topK: "top_k",
  frequencyPenalty: "frequency_penalty",
  presencePenalty: "presence_penalty",
  seed: "seed",
  logprobs: "logprobs",
  responseFormat: "response_format",
  reasoning: "reasoning",
  serviceTier: "service_tier",
  endUser: "end_user",
  verbosity: "verbosity",
  promptCacheKey: "prompt_cache_key",
};

function lossesOf(steps, request) {
  const losses = new Losses(request.strict);
  for (const [field, path] of Object.entries(UNKNOWN)) if (request[field] !== undefined) steps.lose(losses, path);
  if (Object.keys(request.logitBias).length > 0) steps.lose(losses, "logit_bias");
  if (Object.keys(request.metadata).length > 0) steps.lose(losses, "metadata");
  for (const [dialect, fields] of Object.entries(request.extensions ?? {})) {
    for (const name of Object.keys(fields)) steps.lose(losses, `extensions.${dialect}.${name}`);
  }
  return losses;
}
