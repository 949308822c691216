import { describe, expect, test } from "vitest";
import { type Recording, recordings } from "../../../test/recordings.js";
import {
  type AnswerContext,
  type Chunk,
  Fold,
  isObject,
  type JsonObject,
  Losses,
  readSse,
  SseSplitter,
  skim,
} from "../../sdk/index.js";
import { openaiCompletions } from "./index.js";

// What the manifest files under the same name, but is another API: usage reports, prompt templates, and Writer's own.
const all = recordings({ api: "completions" }).filter(
  ({ provider, request }) =>
    provider !== "writer" &&
    /\/completions(\?|$)/.test(request.url_path) &&
    request.method === "POST" &&
    !request.url_path.includes("/prompts/"),
);
const context: AnswerContext = {
  requestId: "id",
  model: "model",
  created: 1,
  includeUsage: true,
  legacyFunctions: false,
};
const named = (recording: Recording): string => `${recording.id} ${recording.provider} ${recording.scenario}`;
const rows = (list: readonly Recording[]) => list.map((recording) => [named(recording), recording] as const);

const requests = all.filter(({ request }) => isObject(request.body) && request.recorded !== false);
const answers = all.filter(({ response }) => response.status === 200 && isObject(response.body));
const streams = all.filter(({ response }) => response.status === 200 && response.sse !== undefined);
const refusals = all.filter(({ response }) => response.status >= 400);

test("there are recordings of every kind", () => {
  expect([requests.length, answers.length, streams.length, refusals.length].every((count) => count >= 4)).toBe(true);
});

describe("recorded requests", () => {
  test.each(rows(requests))("%s comes back as it was, or is refused by name", (_, { request, response }) => {
    const body = request.body as JsonObject;
    const text = JSON.stringify(body);
    if (Array.isArray(body.prompt) && (body.prompt.length > 1 || typeof body.prompt[0] !== "string")) {
      const field = Array.isArray(body.prompt[0]) ? "prompt[0]" : "prompt";
      expect(() => openaiCompletions.decodeRequest(text)).toThrow(
        expect.objectContaining({ code: "unsupported", facts: { field } }),
      );
    } else if (response.status === 400) {
      expect(() => openaiCompletions.decodeRequest(text)).toThrow(/^(max_tokens|temperature) /);
    } else {
      const losses = new Losses();
      const stream = body.stream === true;
      const target = { model: body.model as string, stream, traits: {}, losses };
      const encoded = openaiCompletions.encodeRequest(openaiCompletions.decodeRequest(text), target);
      expect(JSON.parse(encoded)).toEqual(stream ? { ...body, stream_options: { include_usage: true } } : body);
      expect(losses.list).toEqual([]);
    }
    const bytes = Buffer.from(text);
    const spliced = openaiCompletions.spliceRequest(bytes, skim(bytes), { model: "another", stream: false });
    expect(JSON.parse(spliced.toString())).toEqual({ ...body, model: "another" });
  });
});

describe("recorded answers", () => {
  test.each(rows(answers))("%s comes back as it was", (_, { response }) => {
    const text = JSON.stringify(response.body);
    const completion = openaiCompletions.decodeResponse(text);
    expect(JSON.parse(openaiCompletions.encodeResponse(completion, context))).toEqual(response.body);
    const gleaned = openaiCompletions.glean(Buffer.from(text));
    expect(gleaned.usage).toEqual(completion.usage);
    expect(gleaned.finish).toEqual(completion.choices[0]?.finish);
  });
});

describe("recorded streams", () => {
  test.each(rows(streams))(
    "%s means the same however its bytes are split, and is told as itself",
    (_, { response }) => {
      const sse = response.sse as string;
      const whole = decode(sse, sse.length);
      for (const size of [1, 2, 3, 7, 64, 1000]) expect(decode(sse, size)).toEqual(whole);
      const fold = new Fold();
      for (const chunk of whole) fold.push(chunk);
      expect(fold.whole).toBe(true);
      const completion = fold.completion();
      const said = eventsOf(sse).map((event) => (event.choices as JsonObject[]).map(({ text }) => text ?? "").join(""));
      const parts = completion.choices[0]?.message?.parts ?? [];
      expect(parts.map(({ kind }) => (kind.case === "text" ? kind.value.text : "")).join("")).toBe(said.join(""));

      const encoder = openaiCompletions.streamEncoder(context);
      const again = decode(whole.map((chunk) => encoder.encode(chunk)).join(""), 50);
      const refold = new Fold();
      for (const chunk of again) refold.push(chunk);
      expect(refold.completion().choices[0]?.message?.parts).toEqual(parts);
      expect(refold.completion().choices[0]?.finish).toEqual(completion.choices[0]?.finish);
      expect(refold.completion().usage).toEqual(completion.usage);
    },
  );

  test.each(rows(streams))("%s passes as it came, and tells its finish in passing", (_, { response }) => {
    const sse = response.sse as string;
    const splitter = new SseSplitter();
    const passage = openaiCompletions.passage(false);
    const out: Buffer[] = [];
    const bytes = Buffer.from(sse);
    for (let at = 0; at < bytes.length; at += 40) {
      const events = splitter.push(bytes.subarray(at, at + 40));
      if (events !== undefined) out.push(Buffer.from(passage.push(events)));
    }
    expect(Buffer.concat(out).toString()).toBe(sse);
    expect(passage).toMatchObject({ content: true, finished: true, error: undefined });
    expect(passage.finish?.raw).toMatch(/stop|length/);
  });
});

describe("recorded refusals", () => {
  test.each(rows(refusals))("%s keeps its message and its field", (_, { response }) => {
    const { message, param } = (response.body as { error: JsonObject }).error;
    const error = openaiCompletions.decodeError(response.status, {}, Buffer.from(JSON.stringify(response.body)));
    // The gateway's own credential is not the caller's business.
    if (response.status === 401) expect(error.code).toBe("provider_unauthenticated");
    else expect(error.message).toContain(message);
    if (typeof param === "string") expect(error.facts.field).toBe(param);
  });
});

function decode(sse: string, size: number): Chunk[] {
  const decoder = openaiCompletions.streamDecoder();
  const splitter = new SseSplitter();
  const out: Chunk[] = [];
  const read = (block: Buffer | undefined): void => {
    if (block !== undefined) readSse(block, (event) => decoder.decode(event, out));
  };
  const bytes = Buffer.from(sse);
  for (let at = 0; at < bytes.length; at += size) read(splitter.push(bytes.subarray(at, at + size)));
  read(splitter.flush());
  decoder.end(out);
  return out;
}

function eventsOf(sse: string): JsonObject[] {
  const out: JsonObject[] = [];
  readSse(Buffer.from(sse), ({ data }) => {
    if (data !== "[DONE]") out.push(JSON.parse(data) as JsonObject);
  });
  return out;
}
