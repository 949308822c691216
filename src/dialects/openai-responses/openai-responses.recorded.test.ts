import { describe, expect, test } from "vitest";
import { type Recording, recordings } from "../../../test/recordings.js";
import {
  type AnswerContext,
  type Chunk,
  type Completion,
  Fold,
  fold,
  isObject,
  type JsonObject,
  Losses,
  ParlanceError,
  readSse,
  SseSplitter,
  skim,
  unfold,
} from "../../sdk/index.js";
import { openaiResponses } from "./index.js";

const all = recordings({ api: "responses" });
const counts = recordings({ api: "responses.input_tokens" });
const context: AnswerContext = {
  requestId: "id",
  model: "model",
  created: 1,
  includeUsage: true,
  legacyFunctions: false,
};
const named = (recording: Recording): string => `${recording.id} ${recording.provider} ${recording.scenario}`;
const table = (list: readonly Recording[]) => list.map((recording) => [named(recording), recording] as const);

const requests = all.filter(({ request }) => isObject(request.body) && request.recorded !== false);
const bodies = all.filter(({ response }) => response.status === 200 && isObject(response.body));
const answers = bodies.filter(({ response }) => (response.body as JsonObject).object === "response");
const strangers = bodies.filter((recording) => !answers.includes(recording));
const streams = all.filter(({ response }) => response.status === 200 && response.sse !== undefined);
const refusals = all.filter(({ response }) => response.status >= 400);

describe("recorded requests", () => {
  test("there are many of them", () => {
    expect(requests.length).toBeGreaterThan(190);
  });

  test.each(table(requests))("%s comes back as it was", (_, { request, response }) => {
    const body = request.body as JsonObject;
    const text = JSON.stringify(body);
    // A stored prompt may name the model; the gateway must know it to find a target.
    if (typeof body.model !== "string") {
      expect(() => openaiResponses.decodeRequest(text)).toThrow("model must be a string");
      return;
    }
    // What the provider refused we may refuse before it, with the field's name.
    if (response.status === 400 && typeof body.temperature === "number" && body.temperature < 0) {
      expect(() => openaiResponses.decodeRequest(text)).toThrow("temperature must be between 0 and 2");
      return;
    }
    const losses = new Losses();
    const stream = body.stream === true;
    const decoded = openaiResponses.decodeRequest(text);
    const encoded = openaiResponses.encodeRequest(decoded, { model: body.model, stream, traits: {}, losses });
    expect(JSON.parse(encoded)).toEqual(body);
    expect(losses.list).toEqual([]);
    const bytes = Buffer.from(text);
    const spliced = openaiResponses.spliceRequest(bytes, skim(bytes), { model: "another", stream });
    expect(JSON.parse(spliced.toString())).toEqual({ ...body, model: "another" });
  });
});

describe("recorded counts", () => {
  test.each(table(counts))("%s comes back as it was", (_, { request, response }) => {
    const body = request.body as JsonObject;
    const decoded = openaiResponses.decodeRequest(JSON.stringify(body));
    const target = { model: body.model as string, stream: false, traits: {}, losses: new Losses() };
    expect(JSON.parse(openaiResponses.tokenCount?.encodeRequest(decoded, target) as string)).toEqual(body);
    const count = openaiResponses.tokenCount?.decodeResponse(JSON.stringify(response.body));
    expect(count).toBe((response.body as JsonObject).input_tokens);
  });
});

describe("recorded answers", () => {
  test("there are many of them", () => {
    expect(answers.length).toBeGreaterThan(120);
  });

  test.each(table(answers))("%s comes back as it was", (_, { response }) => {
    const text = JSON.stringify(response.body);
    const completion = openaiResponses.decodeResponse(text);
    expect(JSON.parse(openaiResponses.encodeResponse(completion, context))).toEqual(response.body);
    expect(fold(unfold(completion))).toEqual(completion);
    const gleaned = openaiResponses.glean(Buffer.from(text));
    expect(gleaned.usage).toEqual(completion.usage);
    expect(gleaned.finish).toEqual(completion.choices[0]?.finish);
  });

  test.each(table(strangers))("%s is no answer of this dialect", (_, { response }) => {
    expect(() => openaiResponses.decodeResponse(JSON.stringify(response.body))).toThrow("output must be an array");
  });
});

describe("recorded streams", () => {
  test("there are many of them", () => {
    expect(streams.length).toBeGreaterThan(70);
  });

  test.each(table(streams))("%s tells its answer", (_, { response }) => {
    const sse = response.sse as string;
    const { completion, error } = decodeBytes([Buffer.from(sse)]);
    const whole = lastResponse(sse);
    if (whole === undefined) {
      expect(error?.code).toBe("stream_unfinished");
      return;
    }
    expect(error).toBeUndefined();
    // The last event holds the whole answer: what was streamed is the same as what it says.
    const expected = openaiResponses.decodeResponse(JSON.stringify(whole));
    expect(senseOf(completion)).toEqual(senseOf(expected));
    expect(completion.usage).toEqual(expected.usage);
    expect(completion.extensions).toEqual(expected.extensions);
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
    const passage = openaiResponses.passage(false);
    const out: Buffer[] = [];
    const pass = (block: Buffer | undefined): void => {
      if (block !== undefined && passage.error === undefined) out.push(passage.push(block));
    };
    for (let at = 0; at < bytes.length; at += 401) pass(splitter.push(bytes.subarray(at, at + 401)));
    pass(splitter.flush());
    if (error !== undefined) {
      expect(passage.finished).toBe(false);
      return;
    }
    expect(passage.error).toBeUndefined();
    const sent = Buffer.concat(out);
    expect(bytes.subarray(0, sent.length).equals(sent)).toBe(true);
    // One of them was recorded with a second answer behind it, which is nobody's.
    expect(bytes.toString("utf8", sent.length)).toMatch(/^(?:event: response\.created\n|$)/);
    expect(passage.finished).toBe(true);
    expect(passage.content).toBe((completion.choices[0]?.message?.parts.length ?? 0) > 0);
    expect(passage.usage).toEqual(completion.usage);
    expect(passage.finish).toEqual(completion.choices[0]?.finish);
  });

  test.each(table(streams))("%s is told again by the encoder", (_, { response }) => {
    const { chunks, completion, error } = decodeBytes([Buffer.from(response.sse as string)]);
    if (error !== undefined) return expect(error).toBeInstanceOf(ParlanceError);
    const encoder = openaiResponses.streamEncoder(context);
    const again = decodeBytes([Buffer.from(chunks.map((chunk) => encoder.encode(chunk)).join(""))]);
    expect(again.error).toBeUndefined();
    expect(senseOf(again.completion)).toEqual(senseOf(completion));
    expect(again.completion.usage).toEqual(completion.usage);
  });
});

describe("recorded refusals", () => {
  test.each(table(refusals))("%s keeps its message", (_, { response }) => {
    const body = Buffer.from(JSON.stringify(response.body) ?? response.text ?? "");
    const error = openaiResponses.decodeError(response.status, response.headers, body);
    expect(error.facts.providerStatus).toBe(response.status);
    expect(error.code).not.toBe("internal");
    expect(error.message).not.toContain("did not say why");
  });
});

function decodeBytes(pieces: readonly Buffer[]): {
  chunks: Chunk[];
  completion: Completion;
  error: ParlanceError | undefined;
} {
  const splitter = new SseSplitter();
  const decoder = openaiResponses.streamDecoder();
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

/** What an answer means, without the forms of how it was told. */
function senseOf(completion: Completion): unknown {
  const choice = completion.choices[0];
  return {
    id: completion.id,
    model: completion.model,
    parts: (choice?.message?.parts ?? []).map(({ kind }) => unsealed(kind)),
    finish: choice?.finish,
    logprobs: choice?.logprobs,
    tier: completion.serviceTier,
  };
}

/** Seals are made anew for every event. */
function unsealed(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value).replaceAll(/gAAAA[\w-]+=*/g, "seal"));
}

/** The whole answer in a stream's last event. */
function lastResponse(sse: string): JsonObject | undefined {
  let found: JsonObject | undefined;
  readSse(sse, ({ data }) => {
    if (data.startsWith("[DONE]")) return;
    const { type, response } = JSON.parse(data) as { type: string; response?: JsonObject };
    // One recording holds a second stream behind the first.
    if (type === "response.completed" || type === "response.incomplete") found ??= response;
  });
  return found;
}
