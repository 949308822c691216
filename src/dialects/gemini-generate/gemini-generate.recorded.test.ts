import { describe, expect, test } from "vitest";
import { type Recording, recordings } from "../../../test/recordings.js";
import { readJsonArray } from "../../../test/support/read-json-array.js";
import {
  type AnswerContext,
  type Chunk,
  type Completion,
  Fold,
  fold,
  isObject,
  type JsonObject,
  type JsonValue,
  Losses,
  ParlanceError,
  readSse,
  SseSplitter,
  skim,
  unfold,
} from "../../sdk/index.js";
import { gemini } from "./index.js";
import { JsonArrayStream } from "./json-array-stream.js";

const recorded = recordings({
  provider: ["gemini", "vertex"],
  api: ["generateContent", "streamGenerateContent", "countTokens"],
});
const context: AnswerContext = {
  requestId: "id",
  model: "model",
  created: 1,
  includeUsage: true,
  legacyFunctions: false,
};
const table = (list: readonly Recording[]) =>
  list.map((one) => [`${one.id} ${one.provider} ${one.api} ${one.scenario}`, one] as const);

const asked = recorded.filter(({ request }) => isObject(request.body));
const counted = asked.filter(({ api }) => api === "countTokens");
const requests = asked.filter(({ api }) => api !== "countTokens");
const good = recorded.filter(({ api, response }) => api !== "countTokens" && response.status === 200);
const answers = good.filter(({ response }) => isObject(response.body));
const streams = good.filter(({ response }) => response.sse !== undefined || Array.isArray(response.body));
const refusals = recorded.filter(({ response }) => response.status >= 400);

/** The bytes of a recorded stream; one that came as a JSON array, as its elements would have come as events. */
function sseOf({ response }: Recording): string {
  if (response.sse !== undefined) return response.sse;
  return (response.body as JsonValue[]).map((event) => `data: ${JSON.stringify(event)}\r\n\r\n`).join("");
}

describe("recorded requests", () => {
  test("there are many of them", () => {
    expect(requests.length).toBeGreaterThan(180);
  });

  test.each(table(requests))("%s comes back as it was", (_, { request }) => {
    const body = request.body as JsonObject;
    const text = JSON.stringify(body);
    const losses = new Losses();
    const decoded = gemini.decodeRequest(text);
    const encoded = gemini.encodeRequest(decoded, { model: decoded.model, stream: false, traits: {}, losses });
    expect(JSON.parse(encoded)).toEqual(body);
    expect(losses.list).toEqual([]);
    const bytes = Buffer.from(text);
    const spliced = gemini.spliceRequest(bytes, skim(bytes), { model: "another", stream: true });
    if (body.model === undefined) expect(spliced).toBe(bytes);
    else expect(JSON.parse(spliced.toString())).toEqual({ ...body, model: "models/another" });
  });
});

describe("recorded counts", () => {
  test("there are some of them", () => {
    expect(counted.length).toBeGreaterThan(6);
  });

  test.each(table(counted))("%s is asked again and read", (_, { provider, request, response }) => {
    const decoded = gemini.decodeRequest(JSON.stringify(request.body));
    const target = { model: decoded.model, stream: false, traits: {}, losses: new Losses() };
    const again = JSON.parse(gemini.tokenCount?.encodeRequest(decoded, target) ?? "") as JsonObject;
    // One carrier of the dialect takes the members without the wrapper.
    if (provider === "gemini") expect(again).toEqual(request.body);
    else expect(again.generateContentRequest).toMatchObject(request.body as JsonObject);
    const count = gemini.tokenCount?.decodeResponse(JSON.stringify(response.body));
    expect(count).toBe((response.body as JsonObject).totalTokens);
  });
});

describe("recorded answers", () => {
  test("there are many of them", () => {
    expect(answers.length).toBeGreaterThan(110);
  });

  test.each(table(answers))("%s comes back as it was", (_, { response }) => {
    const body = response.body as JsonObject;
    const text = JSON.stringify(body);
    const completion = gemini.decodeResponse(text);
    expect(JSON.parse(gemini.encodeResponse(completion, context))).toEqual(body);
    expect(fold(unfold(completion))).toEqual(completion);
    expectUsage(completion, body.usageMetadata as JsonObject | undefined);
    const gleaned = gemini.glean(Buffer.from(text));
    expect(gleaned.usage).toEqual(completion.usage);
    expect(gleaned.finish).toEqual(completion.choices[0]?.finish);
  });

  test.each(table(answers))("%s is streamed as the same answer", (_, { response }) => {
    const completion = gemini.decodeResponse(JSON.stringify({ responseId: "made", ...(response.body as JsonObject) }));
    const again = decodeBytes([Buffer.from(written(unfold(completion)))]);
    expect(again.error).toBeUndefined();
    expect(senseOf(again.completion)).toEqual(senseOf(completion));
    expect(again.completion.usage).toEqual(completion.usage);
  });
});

describe("recorded streams", () => {
  test("there are many of them", () => {
    expect(streams.length).toBeGreaterThan(65);
  });

  test.each(table(streams))("%s tells its answer", (_, recording) => {
    const { completion, error } = decodeBytes([Buffer.from(sseOf(recording))]);
    expect(error).toBeUndefined();
    const plain = plainReading(sseOf(recording));
    expect(wordsOf(completion, "text")).toBe(plain.text);
    expect(wordsOf(completion, "reasoning")).toBe(plain.thinking);
    expect(callsOf(completion).map(([name]) => name)).toEqual(plain.calls);
    expect(completion.choices[0]?.finish?.raw).toBe(plain.finish);
    expectUsage(completion, plain.usage);
    expect(fold(unfold(completion))).toEqual(completion);
  });

  test.each(table(streams))("%s is the same however it is cut", (_, recording) => {
    const bytes = Buffer.from(sseOf(recording));
    const whole = decodeBytes([bytes]);
    // Steps of primes cut within characters, lines and events alike.
    for (const step of [7, 1009]) {
      const pieces: Buffer[] = [];
      for (let at = 0; at < bytes.length; at += step) pieces.push(bytes.subarray(at, at + step));
      expect(decodeBytes(pieces).chunks).toEqual(whole.chunks);
    }
  });

  test.each(table(streams))("%s passes as it came", (_, recording) => {
    const bytes = Buffer.from(sseOf(recording));
    const { completion } = decodeBytes([bytes]);
    const splitter = new SseSplitter();
    const passage = gemini.passage(false);
    const out: Buffer[] = [];
    const pass = (block: Buffer | undefined): void => {
      if (block !== undefined) out.push(passage.push(block));
    };
    for (let at = 0; at < bytes.length; at += 401) pass(splitter.push(bytes.subarray(at, at + 401)));
    pass(splitter.flush());
    expect(passage.error).toBeUndefined();
    expect(Buffer.concat(out).equals(bytes)).toBe(true);
    expect(passage.finished).toBe(true);
    expect(passage.content).toBe((completion.choices[0]?.message?.parts.length ?? 0) > 0);
    expect(passage.usage).toEqual(completion.usage);
    expect(passage.finish).toEqual(completion.choices[0]?.finish);
  });

  test.each(table(streams))("%s is told again by the encoder", (_, recording) => {
    const { chunks, completion } = decodeBytes([Buffer.from(sseOf(recording))]);
    const sse = written(chunks);
    const again = decodeBytes([Buffer.from(sse)]);
    expect(again.error).toBeUndefined();
    expect(senseOf(again.completion)).toEqual(senseOf(completion));
    const whole = gemini.encodeResponse(completion, context);
    expect(senseOf(gemini.decodeResponse(whole))).toEqual(senseOf(completion));
  });

  test.each(table(streams))("%s is the same as an array of JSON", (_, recording) => {
    const sse = sseOf(recording);
    const stream = new JsonArrayStream();
    const splitter = new SseSplitter();
    let text = "";
    for (let at = 0; at < sse.length; at += 401) {
      const block = splitter.push(Buffer.from(sse.slice(at, at + 401)));
      if (block !== undefined) text += stream.push(block);
    }
    const rest = splitter.flush();
    text += (rest === undefined ? "" : stream.push(rest)) + stream.end();
    expect(readJsonArray(text)).toEqual(eventsOf(sse));
  });
});

describe("recorded refusals", () => {
  test("there are some of them", () => {
    expect(refusals.length).toBeGreaterThan(8);
  });

  test.each(table(refusals))("%s keeps its message", (_, { response }) => {
    const body = Buffer.from(JSON.stringify(response.body) ?? response.text ?? response.sse ?? "");
    const error = gemini.decodeError(response.status, response.headers, body);
    expect(error.facts.providerStatus).toBe(response.status);
    expect(error.code).not.toBe("internal");
    expect(error.message).not.toContain("did not say why");
    const again = gemini.encodeError(error, "id").error as JsonObject;
    expect(again.message).toBe(error.message);
    expect(again.code).toBe(error.rule.http);
  });
});

function written(chunks: readonly Chunk[]): string {
  const encoder = gemini.streamEncoder(context);
  return chunks.map((chunk) => encoder.encode(chunk)).join("");
}

function decodeBytes(pieces: readonly Buffer[]): {
  chunks: Chunk[];
  completion: Completion;
  error: ParlanceError | undefined;
} {
  const splitter = new SseSplitter();
  const decoder = gemini.streamDecoder();
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

function expectUsage(completion: Completion, usage: JsonObject | undefined): void {
  const number = (name: string): number => (typeof usage?.[name] === "number" ? usage[name] : 0);
  if (usage?.promptTokenCount === undefined) return;
  expect(completion.usage?.inputTokens).toBe(number("promptTokenCount") + number("toolUsePromptTokenCount"));
  expect(completion.usage?.outputTokens).toBe(number("candidatesTokenCount") + number("thoughtsTokenCount"));
}

function wordsOf(completion: Completion, kind: "text" | "reasoning"): string {
  return (completion.choices[0]?.message?.parts ?? [])
    .map((part) => (part.kind.case === kind ? part.kind.value.text : ""))
    .join("");
}

function callsOf(completion: Completion): [string, unknown][] {
  return (completion.choices[0]?.message?.parts ?? []).flatMap((part) =>
    part.kind.case === "toolCall"
      ? [[part.kind.value.name, JSON.parse(part.kind.value.arguments) as unknown] as [string, unknown]]
      : [],
  );
}

function senseOf(completion: Completion): unknown {
  const [choice] = completion.choices;
  const parts = choice?.message?.parts ?? [];
  return [
    completion.id,
    completion.model,
    wordsOf(completion, "text"),
    wordsOf(completion, "reasoning"),
    callsOf(completion),
    parts.flatMap((part) => (part.kind.case === "toolCall" ? [part.kind.value.id] : [])),
    parts.flatMap((part) => (part.kind.case === "reasoning" ? (part.kind.value.signature ?? []) : [])),
    parts.flatMap((part) => (part.kind.case === "opaque" ? [part.kind.value.value] : [])),
    parts.flatMap((part) => (part.kind.case === "text" ? part.kind.value.citations.map(({ url }) => url) : [])),
    choice?.finish,
    choice?.logprobs,
  ];
}

function eventsOf(sse: string): JsonObject[] {
  const events: JsonObject[] = [];
  readSse(sse, ({ data }) => events.push(JSON.parse(data) as JsonObject));
  return events;
}

/** A second, simple reading of a stream, to hold the decoder against. */
function plainReading(sse: string) {
  const out = { text: "", thinking: "", finish: "", calls: [] as string[], usage: {} as JsonObject };
  for (const line of sse.split(/\r\n|\r|\n/)) {
    if (!line.startsWith("data:")) continue;
    const body = JSON.parse(line.slice(5));
    out.usage = { ...out.usage, ...body.usageMetadata };
    for (const candidate of body.candidates ?? []) {
      for (const part of candidate.content?.parts ?? []) {
        if (part.thought === true) out.thinking += part.text;
        else out.text += part.text ?? "";
        if (part.functionCall?.name) out.calls.push(part.functionCall.name);
      }
      const { finishReason } = candidate;
      if (finishReason !== undefined) out.finish = finishReason === 1 ? "STOP" : finishReason;
    }
  }
  return out;
}
