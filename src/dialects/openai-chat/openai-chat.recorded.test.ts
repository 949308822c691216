import { describe, expect, test } from "vitest";
import { type Recording, recordings } from "../../../test/recordings.js";
import {
  type AnswerContext,
  type Chunk,
  type Completion,
  FinishReason,
  Fold,
  type JsonObject,
  Losses,
  ParlanceError,
  readSse,
  SseSplitter,
  skim,
} from "../../sdk/index.js";
import { openaiChat } from "./index.js";

const all = recordings({ api: ["chat", "compat.chat"] });
const context: AnswerContext = {
  requestId: "id",
  model: "model",
  created: 1,
  includeUsage: true,
  legacyFunctions: false,
};
const named = (recording: Recording): string => `${recording.id} ${recording.provider} ${recording.scenario}`;

const requests = all.filter(({ request }) => isObject(request.body) && request.recorded !== false);
const answers = all.filter(({ response }) => response.status === 200 && isObject(response.body));
const streams = all.filter(({ response }) => response.status === 200 && response.sse !== undefined);
const refusals = all.filter(({ response }) => response.status >= 400);

describe("recorded requests", () => {
  test("there are hundreds of them", () => {
    expect(requests.length).toBeGreaterThan(400);
  });

  test.each(requests.map((recording) => [named(recording), recording] as const))(
    "%s comes back as it was",
    (_, { request, response }) => {
      const body = request.body as JsonObject;
      const text = JSON.stringify(body);
      if (typeof body.model !== "string" || !Array.isArray(body.messages) || body.messages.length === 0) {
        expect(() => openaiChat.decodeRequest(text)).toThrow(/model|messages/);
        return;
      }
      // What the provider refused we may refuse before it, with the field's name.
      if (response.status === 400 && typeof body.temperature === "number" && body.temperature < 0) {
        expect(() => openaiChat.decodeRequest(text)).toThrow("temperature must be between 0 and 2");
        return;
      }
      const losses = new Losses();
      const stream = body.stream === true;
      const decoded = openaiChat.decodeRequest(text);
      const encoded = openaiChat.encodeRequest(decoded, { model: body.model, stream, traits: {}, losses });
      const expected = stream
        ? {
            ...body,
            stream_options: { ...(isObject(body.stream_options) ? body.stream_options : {}), include_usage: true },
          }
        : body;
      expect(JSON.parse(encoded)).toEqual(expected);
      expect(losses.list).toEqual([]);
      const bytes = Buffer.from(text);
      const spliced = openaiChat.spliceRequest(bytes, skim(bytes), { model: "another", stream });
      expect(JSON.parse(spliced.toString())).toEqual({ ...expected, model: "another" });
    },
  );
});

describe("recorded answers", () => {
  test("there are hundreds of them", () => {
    expect(answers.length).toBeGreaterThan(300);
  });

  test.each(answers.map((recording) => [named(recording), recording] as const))(
    "%s comes back as it was",
    (_, { response }) => {
      const text = JSON.stringify(response.body);
      const completion = openaiChat.decodeResponse(text);
      expect(JSON.parse(openaiChat.encodeResponse(completion, context))).toEqual(response.body);
      const gleaned = openaiChat.glean(Buffer.from(text));
      expect(gleaned.usage).toEqual(completion.usage);
      expect(gleaned.finish?.reason).toEqual(completion.choices[0]?.finish?.reason);
    },
  );
});

describe("recorded streams", () => {
  test("there are many of them", () => {
    expect(streams.length).toBeGreaterThan(140);
  });

  test.each(streams.map((recording) => [named(recording), recording] as const))(
    "%s tells its answer",
    (_, { response }) => {
      const sse = response.sse as string;
      const { completion, error } = decodeBytes([Buffer.from(sse)]);
      if (/"error":\{/.test(sse)) {
        expect(error).toBeInstanceOf(ParlanceError);
        return;
      }
      expect(error).toBeUndefined();
      expect(completion.choices.length).toBeGreaterThan(0);
      const plain = plainReading(sse);
      for (const choice of completion.choices) {
        expect(choice.finish?.raw).toBe(plain.get(choice.index)?.finish);
        expect(textOf(choice, "text")).toBe(plain.get(choice.index)?.text);
        expect(textOf(choice, "reasoning")).toBe(plain.get(choice.index)?.reasoning);
        expect(argumentsOf(choice)).toBe(plain.get(choice.index)?.arguments);
      }
    },
  );

  test.each(streams.map((recording) => [named(recording), recording] as const))(
    "%s is the same however it is cut",
    (_, { response }) => {
      const bytes = Buffer.from(response.sse as string);
      const whole = decodeBytes([bytes]);
      const pieces: Buffer[] = [];
      // Steps of a prime cut within characters, lines and events alike.
      for (let at = 0; at < bytes.length; at += 7) pieces.push(bytes.subarray(at, at + 7));
      const cut = decodeBytes(pieces);
      expect(cut.chunks).toEqual(whole.chunks);
      expect(cut.error?.code).toBe(whole.error?.code);
    },
  );

  test.each(streams.map((recording) => [named(recording), recording] as const))(
    "%s passes as it came",
    (_, { response }) => {
      const bytes = Buffer.from(response.sse as string);
      const { completion, error } = decodeBytes([bytes]);
      const splitter = new SseSplitter();
      const passage = openaiChat.passage(false);
      const out: Buffer[] = [];
      for (let at = 0; at < bytes.length; at += 401) {
        const whole = splitter.push(bytes.subarray(at, at + 401));
        if (whole !== undefined && passage.error === undefined) out.push(passage.push(whole));
      }
      const rest = splitter.flush();
      if (rest !== undefined && passage.error === undefined) out.push(passage.push(rest));
      if (error !== undefined) {
        expect(passage.error?.code).toBe(error.code);
        return;
      }
      expect(passage.error).toBeUndefined();
      expect(Buffer.concat(out).equals(bytes)).toBe(true);
      expect(passage.finished).toBe(true);
      expect(passage.usage).toEqual(completion.usage);
      expect(passage.finish?.raw ?? "").toBe(completion.choices[0]?.finish?.raw);
      expect(passage.content).toBe(completion.choices.some((choice) => (choice.message?.parts.length ?? 0) > 0));
    },
  );

  test.each(streams.map((recording) => [named(recording), recording] as const))(
    "%s is told again by the encoder",
    (_, { response }) => {
      const { chunks, completion, error } = decodeBytes([Buffer.from(response.sse as string)]);
      if (error !== undefined) return expect(error).toBeInstanceOf(ParlanceError);
      const encoder = openaiChat.streamEncoder(context);
      const again = decodeBytes([Buffer.from(chunks.map((chunk) => encoder.encode(chunk)).join(""))]);
      expect(again.error).toBeUndefined();
      expect(again.completion.choices.map(senseOf)).toEqual(completion.choices.map(senseOf));
      expect(again.completion.usage).toEqual(completion.usage);
    },
  );
});

describe("recorded refusals", () => {
  test.each(refusals.map((recording) => [named(recording), recording] as const))(
    "%s keeps its message",
    (_, { response }) => {
      const body = Buffer.from(JSON.stringify(response.body) ?? response.text ?? "");
      const error = openaiChat.decodeError(response.status, response.headers, body);
      expect(error.facts.providerStatus).toBe(response.status);
      expect(error.code).not.toBe("internal");
      expect(error.message).not.toContain("did not say why");
      const own = response.status === 401 || response.status === 403;
      expect(error.rule.fault).toBe(own || response.status === 429 ? "provider" : "caller");
      expect(error.facts.answer === undefined).toBe(own || response.status === 429);
    },
  );
});

function decodeBytes(pieces: readonly Buffer[]): {
  chunks: Chunk[];
  completion: Completion;
  error: ParlanceError | undefined;
} {
  const splitter = new SseSplitter();
  const decoder = openaiChat.streamDecoder();
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
  const fold = new Fold();
  for (const chunk of chunks) fold.push(chunk);
  return { chunks, completion: fold.completion(), error };
}

type Choice = Completion["choices"][number];

function textOf(choice: Choice, kind: "text" | "reasoning"): string {
  return (choice.message?.parts ?? []).map((part) => (part.kind.case === kind ? part.kind.value.text : "")).join("");
}

function argumentsOf(choice: Choice): string {
  return (choice.message?.parts ?? [])
    .flatMap((part) => (part.kind.case === "toolCall" ? [part.kind.value.arguments] : []))
    .join("|");
}

function senseOf(choice: Choice): unknown {
  const calls = (choice.message?.parts ?? []).flatMap((part) =>
    part.kind.case === "toolCall"
      ? [[part.kind.value.id, part.kind.value.name, part.kind.value.arguments || "{}"]]
      : [],
  );
  return [
    choice.index,
    textOf(choice, "text"),
    textOf(choice, "reasoning"),
    calls,
    choice.finish?.reason || FinishReason.STOP,
  ];
}

/** A second, simple reading of a stream, to hold the decoder against. */
function plainReading(
  sse: string,
): Map<number, { text: string; reasoning: string; arguments: string; finish: string }> {
  const found = new Map<number, { text: string; reasoning: string; calls: string[]; finish: string }>();
  for (const line of sse.split(/\r\n|\r|\n/)) {
    if (!line.startsWith("data:") || line.includes("[DONE]")) continue;
    const body = JSON.parse(line.slice(5)) as { choices?: Record<string, unknown>[] };
    for (const choice of body.choices ?? []) {
      const state = found.get(choice.index as number) ?? { text: "", reasoning: "", calls: [], finish: "" };
      found.set(choice.index as number, state);
      const delta = (choice.delta ?? {}) as Record<string, unknown>;
      if (typeof delta.content === "string") state.text += delta.content;
      for (const piece of Array.isArray(delta.content) ? delta.content : []) {
        if (piece.type === "text") state.text += piece.text;
        else state.reasoning += (piece.thinking ?? []).map((inner: { text: string }) => inner.text).join("");
      }
      state.reasoning += (delta.reasoning_content || delta.reasoning || detailsText(delta.reasoning_details)) as string;
      for (const call of (delta.tool_calls ?? []) as {
        index?: number;
        id?: string;
        function: { arguments?: string };
      }[]) {
        const index = call.index ?? state.calls.length;
        state.calls[index] = (state.calls[index] ?? "") + (call.function.arguments ?? "");
      }
      if (choice.finish_reason && state.finish === "") state.finish = choice.finish_reason as string;
    }
  }
  return new Map(
    [...found].map(([index, state]) => [
      index,
      { text: state.text, reasoning: state.reasoning, arguments: state.calls.join("|"), finish: state.finish },
    ]),
  );
}

function detailsText(details: unknown): string {
  return ((details ?? []) as { text?: string; summary?: string }[])
    .map(({ text, summary }) => text ?? summary ?? "")
    .join("");
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
