import { describe, expect, test } from "vitest";
import { type Recording, recordings } from "../../../test/recordings.js";
import {
  type AnswerContext,
  type Chunk,
  type Completion,
  FinishReason,
  Fold,
  fold,
  type JsonObject,
  Losses,
  ParlanceError,
  readSse,
  SseSplitter,
  skim,
  unfold,
} from "../../sdk/index.js";
import { anthropicMessages } from "./index.js";

const recorded = [
  ...recordings({ provider: ["anthropic", "localhost-compat"], api: ["messages", "count_tokens"] }),
  ...recordings({ provider: "vertex", api: "anthropic.rawPredict" }),
  ...recordings({ provider: "bedrock", api: ["invoke", "invoke-with-response-stream"] }),
];
const context: AnswerContext = {
  requestId: "id",
  model: "model",
  created: 1,
  includeUsage: true,
  legacyFunctions: false,
};
const named = (recording: Recording): string =>
  `${recording.id} ${recording.provider} ${recording.api} ${recording.scenario}`;
const table = (list: readonly Recording[]) => list.map((recording) => [named(recording), recording] as const);

const requests = recorded.filter(({ request }) => isObject(request.body) && isOfDialect(request.body));
const counts = recorded.filter(({ api, response }) => api === "count_tokens" && response.status === 200);
const answers = recorded.filter(
  ({ api, response }) => api !== "count_tokens" && response.status === 200 && isAnswer(response.body),
);
const streams = recorded.filter(({ response }) => response.status === 200 && response.sse !== undefined);
const refusals = recorded.filter(({ provider, response }) => response.status >= 400 && provider !== "bedrock");

describe("recorded requests", () => {
  test("there are many of them", () => {
    expect(requests.length).toBeGreaterThan(180);
  });

  test.each(table(requests))("%s comes back as it was", (_, { api, request, response }) => {
    const recordedBody = request.body as JsonObject;
    // Carriers of the dialect name the model in the path.
    const body: JsonObject = { model: "named-in-the-path", ...recordedBody };
    const text = JSON.stringify(body);
    if (response.status === 400 && isMisshapen(body)) {
      expect(() => anthropicMessages.decodeRequest(text)).toThrow(/must be|is required/);
      return;
    }
    const losses = new Losses();
    const target = { model: body.model as string, stream: body.stream === true, traits: {}, losses };
    const decoded = anthropicMessages.decodeRequest(text);
    const encoded =
      api === "count_tokens"
        ? anthropicMessages.tokenCount?.encodeRequest(decoded, target)
        : anthropicMessages.encodeRequest(decoded, target);
    expect(JSON.parse(encoded as string)).toEqual(body);
    expect(losses.list).toEqual([]);
    const bytes = Buffer.from(text);
    const spliced = anthropicMessages.spliceRequest(bytes, skim(bytes), { model: "another", stream: target.stream });
    expect(JSON.parse(spliced.toString())).toEqual({ ...body, model: "another" });
  });
});

describe("recorded counts", () => {
  test("there are some of them", () => {
    expect(counts.length).toBeGreaterThan(4);
  });

  test.each(table(counts))("%s is read", (_, { response }) => {
    const count = anthropicMessages.tokenCount?.decodeResponse(JSON.stringify(response.body));
    expect(count).toBe((response.body as JsonObject).input_tokens);
  });
});

describe("recorded answers", () => {
  test("there are many of them", () => {
    expect(answers.length).toBeGreaterThan(100);
  });

  test.each(table(answers))("%s comes back as it was", (_, { response }) => {
    const body = response.body as JsonObject;
    const text = JSON.stringify(body);
    const completion = anthropicMessages.decodeResponse(text);
    expect(JSON.parse(anthropicMessages.encodeResponse(completion, context))).toEqual(body);
    expect(fold(unfold(completion))).toEqual(completion);
    expectUsage(completion, body.usage as JsonObject);
    const gleaned = anthropicMessages.glean(Buffer.from(text));
    expect(gleaned.usage).toEqual(completion.usage);
    expect(gleaned.finish).toEqual(completion.choices[0]?.finish);
  });

  test.each(table(answers))("%s is streamed as the same answer", (_, { response }) => {
    const completion = anthropicMessages.decodeResponse(JSON.stringify(response.body));
    const encoder = anthropicMessages.streamEncoder(context);
    const sse = unfold(completion)
      .map((chunk) => encoder.encode(chunk))
      .join("");
    expectGrammar(sse);
    const again = decodeBytes([Buffer.from(sse)]);
    expect(again.error).toBeUndefined();
    expect(senseOf(again.completion)).toEqual(senseOf(completion));
    expect(again.completion.usage?.inputTokens).toBe(completion.usage?.inputTokens);
  });
});

describe("recorded streams", () => {
  test("there are many of them", () => {
    expect(streams.length).toBeGreaterThan(60);
  });

  test.each(table(streams))("%s tells its answer", (_, { response }) => {
    const sse = response.sse as string;
    const { completion, error } = decodeBytes([Buffer.from(sse)]);
    if (/^event: error/m.test(sse)) {
      expect(error).toBeInstanceOf(ParlanceError);
      return;
    }
    expect(error).toBeUndefined();
    const plain = plainReading(sse);
    expect(completion.choices).toHaveLength(1);
    expect(completion.choices[0]?.finish?.raw).toBe(plain.stop);
    expect(wordsOf(completion, "text")).toBe(plain.text);
    expect(wordsOf(completion, "reasoning")).toBe(plain.thinking);
    expect(callsOf(completion)).toEqual(plain.calls);
    expectUsage(completion, plain.usage);
    expect(fold(unfold(completion))).toEqual(completion);
  });

  test.each(table(streams))("%s is the same however it is cut", (_, { response }) => {
    const bytes = Buffer.from(response.sse as string);
    const whole = decodeBytes([bytes]);
    // Steps of primes cut within characters, lines and events alike.
    for (const step of [7, 1009]) {
      const pieces: Buffer[] = [];
      for (let at = 0; at < bytes.length; at += step) pieces.push(bytes.subarray(at, at + step));
      const cut = decodeBytes(pieces);
      expect(cut.chunks).toEqual(whole.chunks);
      expect(cut.error?.code).toBe(whole.error?.code);
    }
  });

  test.each(table(streams))("%s passes as it came", (_, { response }) => {
    const bytes = Buffer.from(response.sse as string);
    const { completion, error } = decodeBytes([bytes]);
    const splitter = new SseSplitter();
    const passage = anthropicMessages.passage(false);
    const out: Buffer[] = [];
    const pass = (block: Buffer | undefined): void => {
      if (block !== undefined && passage.error === undefined) out.push(passage.push(block));
    };
    for (let at = 0; at < bytes.length; at += 401) pass(splitter.push(bytes.subarray(at, at + 401)));
    pass(splitter.flush());
    if (error !== undefined) {
      expect(passage.error?.code).toBe(error.code);
      return;
    }
    expect(passage.error).toBeUndefined();
    expect(Buffer.concat(out).equals(bytes)).toBe(true);
    expect(passage.finished).toBe(true);
    expect(passage.content).toBe((completion.choices[0]?.message?.parts.length ?? 0) > 0);
    expect(passage.usage).toEqual(completion.usage);
    expect(passage.finish).toEqual(completion.choices[0]?.finish);
  });

  test.each(table(streams))("%s is told again by the encoder", (_, { response }) => {
    const { chunks, completion, error } = decodeBytes([Buffer.from(response.sse as string)]);
    if (error !== undefined) return expect(error).toBeInstanceOf(ParlanceError);
    const encoder = anthropicMessages.streamEncoder(context);
    const sse = chunks.map((chunk) => encoder.encode(chunk)).join("");
    expectGrammar(sse);
    const again = decodeBytes([Buffer.from(sse)]);
    expect(again.error).toBeUndefined();
    expect(senseOf(again.completion)).toEqual(senseOf(completion));
    const whole = JSON.parse(anthropicMessages.encodeResponse(completion, context)) as JsonObject;
    expect(senseOf(anthropicMessages.decodeResponse(JSON.stringify(whole)))).toEqual(senseOf(completion));
  });
});

describe("recorded refusals", () => {
  test("there are some of them", () => {
    expect(refusals.length).toBeGreaterThan(10);
  });

  test.each(table(refusals))("%s keeps its message", (_, { response }) => {
    const body = Buffer.from(JSON.stringify(response.body) ?? response.text ?? "");
    const error = anthropicMessages.decodeError(response.status, response.headers, body);
    expect(error.facts.providerStatus).toBe(response.status);
    expect(error.code).not.toBe("internal");
    expect(error.message).not.toContain("did not say why");
    const ofTheRequest = [400, 404, 413, 422].includes(response.status);
    expect(error.rule.fault).toBe(ofTheRequest ? "caller" : "provider");
    expect(error.facts.answer?.body).toEqual(ofTheRequest ? body : undefined);
  });
});

/** Carriers transport other formats too. */
function isOfDialect(body: JsonObject): boolean {
  if (!Array.isArray(body.messages) || typeof body.prompt === "string") return false;
  if (typeof body.tool_choice === "string") return false;
  return "max_tokens" in body || typeof body.model === "string";
}

function isAnswer(body: unknown): boolean {
  return isObject(body) && body.type === "message" && Array.isArray(body.content);
}

function isMisshapen(body: JsonObject): boolean {
  const messages = body.messages as JsonObject[];
  return messages.some((message) => !isObject(message) || typeof message.role !== "string");
}

function decodeBytes(pieces: readonly Buffer[]): {
  chunks: Chunk[];
  completion: Completion;
  error: ParlanceError | undefined;
} {
  const splitter = new SseSplitter();
  const decoder = anthropicMessages.streamDecoder();
  const chunks: Chunk[] = [];
  let error: ParlanceError | undefined;
  const read = (block: Buffer | undefined): void => {
    if (block !== undefined) readSse(block, (event) => decoder.decode(event, chunks));
  };
  try {
    for (const piece of pieces) read(splitter.push(piece));
    read(splitter.flush());
    decoder.end(chunks);
  } catch (thrown) {
    error = ParlanceError.from(thrown);
  }
  const state = new Fold();
  for (const chunk of chunks) state.push(chunk);
  return { chunks, completion: state.completion(), error };
}

function expectUsage(completion: Completion, usage: JsonObject): void {
  const number = (name: string): number => (typeof usage[name] === "number" ? usage[name] : 0);
  const input = number("input_tokens") + number("cache_creation_input_tokens") + number("cache_read_input_tokens");
  expect(completion.usage?.inputTokens).toBe(input);
  expect(completion.usage?.outputTokens).toBe(number("output_tokens"));
}

/** What every client of the dialect checks. */
function expectGrammar(sse: string): void {
  const events: JsonObject[] = [];
  readSse(sse, ({ event, data }) => {
    const body = JSON.parse(data) as JsonObject;
    expect(event).toBe(body.type);
    events.push(body);
  });
  expect(events[0]?.type).toBe("message_start");
  expect(events.at(-2)?.type).toBe("message_delta");
  expect(events.at(-1)?.type).toBe("message_stop");
  let index = 0;
  let open = false;
  for (const event of events.slice(1, -2)) {
    expect(event.index).toBe(index);
    if (event.type === "content_block_start") {
      expect(open).toBe(false);
      open = true;
    } else {
      expect(open).toBe(true);
      if (event.type !== "content_block_stop") continue;
      open = false;
      index += 1;
    }
  }
  expect(open).toBe(false);
}

function wordsOf(completion: Completion, kind: "text" | "reasoning"): string {
  return (completion.choices[0]?.message?.parts ?? [])
    .map((part) => (part.kind.case === kind ? part.kind.value.text : ""))
    .join("");
}

function callsOf(completion: Completion): unknown[] {
  return (completion.choices[0]?.message?.parts ?? []).flatMap((part) =>
    part.kind.case === "toolCall"
      ? [[part.kind.value.id, part.kind.value.name, JSON.parse(part.kind.value.arguments) as unknown]]
      : [],
  );
}

function senseOf(completion: Completion): unknown {
  const parts = completion.choices[0]?.message?.parts ?? [];
  return [
    wordsOf(completion, "text"),
    wordsOf(completion, "reasoning"),
    callsOf(completion),
    parts.flatMap((part) => (part.kind.case === "reasoning" ? [part.kind.value.signature ?? ""] : [])),
    parts.flatMap((part) => (part.kind.case === "opaque" ? [part.kind.value.value] : [])),
    parts.flatMap((part) => (part.kind.case === "text" ? part.kind.value.citations.map(({ url }) => url) : [])),
    completion.choices[0]?.finish?.reason ?? FinishReason.UNSPECIFIED,
    completion.choices[0]?.finish?.raw,
  ];
}

/** A second, simple reading of a stream, to hold the decoder against. */
function plainReading(sse: string): {
  text: string;
  thinking: string;
  calls: unknown[];
  stop: string;
  usage: JsonObject;
} {
  const out = { text: "", thinking: "", stop: "", usage: {} as JsonObject };
  const calls = new Map<number, { id: string; name: string; input: string }>();
  for (const line of sse.split(/\r\n|\r|\n/)) {
    if (!line.startsWith("data:")) continue;
    const body = JSON.parse(line.slice(5));
    if (body.type === "message_start") out.usage = body.message.usage;
    if (body.type === "content_block_start") {
      out.text += body.content_block.type === "text" ? body.content_block.text : "";
      const { id, name, type } = body.content_block;
      if (type === "tool_use") calls.set(body.index, { id, name, input: "" });
    }
    if (body.type === "content_block_delta") {
      out.text += body.delta.text ?? "";
      out.thinking += body.delta.thinking ?? "";
      const call = calls.get(body.index);
      if (call !== undefined) call.input += body.delta.partial_json ?? "";
    }
    if (body.type === "message_delta") {
      out.stop = body.delta.stop_reason;
      out.usage = { ...out.usage, ...body.usage };
    }
  }
  return { ...out, calls: [...calls.values()].map(({ id, name, input }) => [id, name, JSON.parse(input || "{}")]) };
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
