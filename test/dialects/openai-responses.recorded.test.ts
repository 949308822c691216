import { describe, expect, test } from "vitest";
import { anthropicMessages } from "../../src/dialects/anthropic-messages/index.js";
import { openaiChat } from "../../src/dialects/openai-chat/index.js";
import { openaiResponses } from "../../src/dialects/openai-responses/index.js";
import {
  type ChatDialect,
  type Chunk,
  type Completion,
  fold,
  FinishReason,
  isObject,
  type JsonObject,
  Losses,
  ParlanceError,
  readSse,
  unfold,
} from "../../src/sdk/index.js";
import { type Recording, recordings } from "../recordings.js";
import { context, eventsOf, readBySdk, senseOf, wireOf } from "../support/responses-streams.js";

/** Answers of the other dialects, as a caller of Responses gets them. */
const others: readonly { readonly dialect: ChatDialect; readonly recorded: readonly Recording[] }[] = [
  { dialect: openaiChat, recorded: recordings({ api: ["chat", "compat.chat"] }) },
  { dialect: anthropicMessages, recorded: recordings({ provider: ["anthropic"], api: "messages" }) },
];
const named = ({ id, provider, scenario }: Recording): string => `${id} ${provider} ${scenario}`;

/** The recorded answer; undefined where a failure was recorded. */
function answerOf(dialect: ChatDialect, { response }: Recording): Completion | undefined {
  try {
    if (response.sse === undefined) return dialect.decodeResponse(JSON.stringify(response.body));
    const chunks: Chunk[] = [];
    const decoder = dialect.streamDecoder();
    readSse(response.sse, (event) => decoder.decode(event, chunks));
    decoder.end(chunks);
    return fold(chunks);
  } catch (thrown) {
    expect(ParlanceError.is(thrown)).toBe(true);
    return undefined;
  }
}

/** What a caller can be told: the one answer, and of its ending what the wire has words for. */
function expected(completion: Completion): unknown {
  const [choice] = completion.choices;
  const sense = senseOf({ ...completion, choices: choice === undefined ? [] : [choice] }) as {
    parts: unknown[];
    finish: FinishReason;
    input?: number;
    output?: number;
  };
  const parts = (choice?.message?.parts ?? []).map((part, index) => {
    if (part.kind.case === "audio") return { text: part.kind.value.transcript ?? "" };
    if (part.kind.case !== "text") return sense.parts[index];
    return { text: part.kind.value.text };
  });
  return { ...sense, parts, finish: endingOf(sense.finish, completion), input: sense.input, output: sense.output };
}

function endingOf(finish: FinishReason, completion: Completion): FinishReason {
  if ([FinishReason.LENGTH, FinishReason.CONTENT_FILTER, FinishReason.PAUSE].includes(finish)) return finish;
  const calls = completion.choices[0]?.message?.parts.some(({ kind }) => kind.case === "toolCall");
  return calls ? FinishReason.TOOL_CALLS : FinishReason.STOP;
}

/** The same of an answer that was read back. */
function told(completion: Completion): unknown {
  const sense = senseOf(completion) as { parts: unknown[] };
  const parts = (completion.choices[0]?.message?.parts ?? []).map((part, index) =>
    part.kind.case === "text" ? { text: part.kind.value.text } : sense.parts[index],
  );
  return { ...sense, parts };
}

for (const { dialect, recorded } of others) {
  const answers = recorded.filter(
    ({ response }) => response.status === 200 && (response.sse !== undefined || isObject(response.body)),
  );

  describe(`answers of ${dialect.name}`, () => {
    test("are many", () => {
      expect(answers.length).toBeGreaterThan(100);
    });

    test.each(answers.map((one) => [named(one), one] as const))(
      "%s is the same answer in openai-responses, whole and as a stream that the official client reads",
      async (_, recording) => {
        const completion = answerOf(dialect, recording);
        if (completion === undefined) return;
        const whole = openaiResponses.encodeResponse(completion, context);
        expect(told(openaiResponses.decodeResponse(whole))).toMatchObject(expected(completion) as object);
        const sse = wireOf(unfold(completion));
        eventsOf(sse);
        const { response } = await readBySdk(sse);
        expect(told(openaiResponses.decodeResponse(JSON.stringify(response)))).toMatchObject(
          expected(completion) as object,
        );
      },
    );
  });

  const requests = recorded.filter(
    ({ request, response }) =>
      isObject(request.body) &&
      typeof request.body.model === "string" &&
      request.recorded !== false &&
      response.status === 200,
  );

  describe(`requests of ${dialect.name}`, () => {
    test.each(requests.map((one) => [named(one), one] as const))(
      "%s is valid in openai-responses, and reads as the same conversation",
      (_, { request }) => {
        const decoded = dialect.decodeRequest(JSON.stringify(request.body));
        const target = { model: "gpt-x", stream: false, traits: {}, losses: new Losses() };
        const body = JSON.parse(openaiResponses.encodeRequest(decoded, target)) as JsonObject;
        expectValid(body, decoded.store === true);
        const again = openaiResponses.decodeRequest(JSON.stringify(body));
        expect(JSON.parse(openaiResponses.encodeRequest(again, { ...target, losses: new Losses() }))).toEqual(body);
      },
    );
  });

  describe(`requests of openai-responses for ${dialect.name}`, () => {
    const own = recordings({ api: "responses" }).filter(
      ({ request, response }) =>
        isObject(request.body) && request.recorded !== false && "model" in request.body && response.status === 200,
    );
    test.each(own.map((one) => [named(one), one] as const))("%s can be asked, or is refused by name", (_, one) => {
      const decoded = openaiResponses.decodeRequest(JSON.stringify(one.request.body));
      const target = { model: "x", stream: false, traits: { maxOutputTokens: 1000 }, losses: new Losses() };
      try {
        const body = JSON.parse(dialect.encodeRequest(decoded, target)) as JsonObject;
        expect((body.messages as unknown[]).length).toBeGreaterThan(0);
      } catch (thrown) {
        expect(["invalid_request", "unsupported"]).toContain(ParlanceError.from(thrown).code);
      }
    });
  });
}

/** What the provider checks before it answers. */
function expectValid(body: JsonObject, stored: boolean): void {
  // Nobody is stored who has not asked for it.
  expect(body.store).toBe(stored);
  const called = new Set<string>();
  for (const item of body.input as JsonObject[]) {
    if (item.type === "function_call" || item.type === "custom_tool_call") {
      expect((item.call_id as string).length).toBeLessThanOrEqual(64);
      called.add(item.call_id as string);
    } else if (item.type === "function_call_output" || item.type === "custom_tool_call_output") {
      expect(typeof item.output === "string" || Array.isArray(item.output)).toBe(true);
    } else if (item.type !== "reasoning") {
      expect(["user", "assistant", "system", "developer"]).toContain(item.role);
      for (const piece of Array.isArray(item.content) ? (item.content as JsonObject[]) : []) {
        expect(piece.type).toMatch(item.role === "assistant" ? /^(output_text|refusal)$/ : /^input_/);
      }
    }
  }
  for (const tool of (body.tools ?? []) as JsonObject[]) {
    expect(["function", "custom"]).toContain(tool.type);
    if (tool.type === "function") expect(tool).toHaveProperty("parameters");
  }
}
