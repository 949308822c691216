import fc from "fast-check";
import {
  ChatRequestSchema,
  create,
  type ChatRequest,
  type MessageInitShape,
  type MessageSchema,
  type PartSchema,
  Role,
  ToolKind,
} from "../../src/sdk/index.js";

/**
 * Random requests of the vocabulary that a caller could mean: calls are answered, words are not empty, and every text
 * is another, so that one which arrives is told from one which is lost.
 * @module
 */

type PartInit = MessageInitShape<typeof PartSchema>;
type MessageInit = MessageInitShape<typeof MessageSchema>;
type RequestInit = MessageInitShape<typeof ChatRequestSchema>;

export const DIALECTS = ["openai-chat", "openai-responses", "anthropic-messages", "gemini"] as const;

let last = 0;
/** A word that no other is part of. */
const word = fc.integer({ min: 0, max: 0xffff }).map((seed) => {
  last += 1;
  return `w${seed.toString(16).padStart(4, "0")}x${last.toString(36)}z`;
});
const optional = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.option(arbitrary, { nil: undefined });
const dialect = fc.constantFrom(...DIALECTS);
const bytes = word.map((text) => new Uint8Array(Buffer.from(text)));
const png = word.map(
  (text) => new Uint8Array(Buffer.concat([Buffer.from("89504e470d0a1a0a", "hex"), Buffer.from(text)])),
);
const pdf = word.map((text) => new Uint8Array(Buffer.from(`%PDF-1.4 ${text}`)));
const address = word.map((text) => `https://example.com/${text}.pdf`);
/** Here and there, so that what each of them does is seen alone. */
const rarely = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.oneof({ weight: 9, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary });
const cache = rarely(fc.constant({}));
const extensions = rarely(fc.tuple(dialect, word).map(([name, value]) => ({ [name]: { x_unknown: value } })));

/** The members that are there. */
function present<T extends object>(members: T): T {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as T;
}

const part = (kind: fc.Arbitrary<NonNullable<PartInit["kind"]>>): fc.Arbitrary<PartInit> =>
  fc.record({ kind, cache, extensions }).map((init) => present(init) as PartInit);

const text = part(word.map((value) => ({ case: "text", value: { text: value } })));
const image = part(
  fc
    .record({
      source: fc.oneof(
        fc.record({ case: fc.constant("url" as const), value: word.map((name) => `https://example.com/${name}.png`) }),
        fc.record({ case: fc.constant("data" as const), value: png }),
      ),
      detail: optional(fc.constantFrom("auto", "low", "high")),
    })
    .map(({ source, detail }) => ({
      case: "image",
      value: present({ source, detail, mediaType: source.case === "data" ? "image/png" : undefined }),
    })),
);
const file = part(
  fc
    .record({
      source: fc.oneof(
        fc.record({ case: fc.constant("url" as const), value: address }),
        fc.record({ case: fc.constant("data" as const), value: pdf }),
        fc.record({ case: fc.constant("text" as const), value: word }),
      ),
      filename: optional(word),
    })
    .map(({ source, filename }) => ({
      case: "file",
      value: present({
        source,
        filename,
        mediaType: source.case === "data" ? "application/pdf" : source.case === "text" ? "text/plain" : undefined,
      }),
    })),
);
const sound = part(
  bytes.map((value) => ({ case: "audio", value: { source: { case: "data", value }, format: "wav" } })),
);
/** The fields of a piece that one dialect has are all in it. */
const opaque = fc.tuple(dialect, word).map(
  ([name, value]): PartInit => ({
    kind: { case: "opaque", value: { dialect: name, value: { type: "x_piece", x: value } } },
  }),
);
const citation = fc
  .record({
    url: optional(word.map((name) => `https://example.com/${name}`)),
    title: optional(word),
    citedText: optional(word),
  })
  .map(present);
const said = part(
  fc.tuple(word, fc.array(citation, { maxLength: 1 })).map(([value, citations]) => ({
    case: "text",
    value: { text: value, citations },
  })),
);
const reasoning = part(
  fc
    .record({
      text: word,
      signature: optional(word.map((value) => Buffer.from(value).toString("base64"))),
      dialect: optional(dialect),
    })
    .map((value) => ({ case: "reasoning", value: present(value) })),
);
const refusal = part(word.map((value) => ({ case: "refusal", value: { text: value } })));
const call = part(
  fc.tuple(word, word, word, fc.constantFrom(ToolKind.FUNCTION, ToolKind.CUSTOM)).map(([id, name, value, kind]) => ({
    case: "toolCall",
    value: { id, name, kind, arguments: kind === ToolKind.CUSTOM ? value : JSON.stringify({ x: value, n: 1 }) },
  })),
);

const systemTurn: fc.Arbitrary<MessageInit> = fc
  .record({
    role: fc.constantFrom(Role.SYSTEM, Role.DEVELOPER),
    parts: fc.array(text, { minLength: 1, maxLength: 2 }),
    name: rarely(word),
  })
  .map(present);
const userTurn: fc.Arbitrary<MessageInit> = fc
  .record({
    role: fc.constant(Role.USER),
    parts: fc.array(fc.oneof({ weight: 4, arbitrary: text }, image, file, sound, opaque), {
      minLength: 1,
      maxLength: 3,
    }),
    name: rarely(word),
    extensions,
  })
  .map((init) => present(init) as MessageInit);

/** A turn of the model with the results of its calls. */
const exchanged: fc.Arbitrary<MessageInit[]> = fc
  .record({
    thoughts: fc.array(reasoning, { maxLength: 1 }),
    words: fc.array(fc.oneof({ weight: 4, arbitrary: said }, refusal, opaque), { maxLength: 2 }),
    calls: fc.array(call, { maxLength: 2 }),
    results: fc.array(
      fc.record({
        content: fc.array(fc.oneof({ weight: 3, arbitrary: text }, image, file), { maxLength: 2 }),
        isError: optional(fc.boolean()),
        cache,
      }),
      { minLength: 2, maxLength: 2 },
    ),
    role: fc.constantFrom(Role.TOOL, Role.USER),
    after: optional(text),
  })
  .map(({ thoughts, words, calls, results, role, after }) => {
    const parts = [...thoughts, ...words, ...calls];
    if (parts.length === 0) return [];
    const answers = calls.map(({ kind }, index): PartInit => {
      const { content, isError, cache: hint } = results[index] as (typeof results)[number];
      const value = present({ toolCallId: (kind as { value: { id: string } }).value.id, content, isError });
      return present({ kind: { case: "toolResult" as const, value }, cache: hint });
    });
    const turn: MessageInit = { role: Role.ASSISTANT, parts };
    if (answers.length === 0) return [turn];
    return [turn, { role, parts: role === Role.USER && after !== undefined ? [...answers, after] : answers }];
  });

const tool = fc
  .record({
    kind: fc.oneof(
      fc
        .record({
          name: word,
          description: optional(word),
          parameters: word.map((name) => ({ type: "object", properties: { [name]: { type: "string" } } })),
          strict: optional(fc.boolean()),
        })
        .map((value) => ({ case: "function" as const, value: present(value) })),
      fc
        .record({ name: word, description: optional(word) })
        .map((value) => ({ case: "custom" as const, value: present(value) })),
      fc.tuple(dialect, word).map(([name, value]) => ({
        case: "opaque" as const,
        // Each of Gemini's tools is a member of its own.
        value: { dialect: name, value: name === "gemini" ? { [value]: {} } : { type: value } },
      })),
    ),
    cache,
  })
  .map(({ kind, cache: hint }) => present({ kind, cache: kind.case === "opaque" ? undefined : hint }));

const settings: fc.Arbitrary<RequestInit> = fc
  .record(
    {
      parallelToolCalls: fc.boolean(),
      responseFormat: fc.oneof(
        fc.constant({ kind: { case: "text", value: {} } } as const),
        fc.constant({ kind: { case: "jsonObject", value: {} } } as const),
        fc
          .record({
            name: word,
            description: optional(word),
            schema: fc.constant({ type: "object", properties: {}, additionalProperties: false }),
            strict: optional(fc.boolean()),
          })
          .map((value) => ({ kind: { case: "jsonSchema", value: present(value) } }) as const),
      ),
      maxOutputTokens: fc.integer({ min: 4096, max: 60_000 }),
      temperature: fc.constantFrom(0, 0.5, 1, 1.7),
      topP: fc.constantFrom(0.1, 0.5, 1),
      topK: fc.integer({ min: 1, max: 90 }),
      frequencyPenalty: fc.constantFrom(-1, 0, 1.5),
      presencePenalty: fc.constantFrom(-1, 0, 1.5),
      stop: fc.array(word, { maxLength: 6 }),
      seed: fc.oneof(fc.integer({ min: 0, max: 9999 }).map(BigInt), fc.constant(9_007_199_254_740_993n)),
      n: fc.integer({ min: 1, max: 3 }),
      logprobs: fc.boolean(),
      topLogprobs: fc.integer({ min: 0, max: 5 }),
      logitBias: fc.constant({ "50256": -100 }),
      reasoning: fc
        .record({
          effort: fc.integer({ min: 0, max: 7 }),
          budgetTokens: optional(fc.integer({ min: 512, max: 3000 })),
          adaptive: optional(fc.boolean()),
          visible: optional(fc.boolean()),
        })
        .map(present),
      outputModalities: fc.subarray([1, 2, 3, 4]),
      audioOutput: fc.record({ voice: word, format: fc.constantFrom("wav", "pcm16") }),
      serviceTier: fc.constantFrom("auto", "default", "flex", "priority", "standard_only", "x_tier"),
      endUser: word,
      metadata: fc.dictionary(fc.constantFrom("a", "b"), word),
      verbosity: fc.constantFrom("low", "medium", "high"),
      promptCacheKey: word,
      promptCacheRetention: fc.constantFrom("24h", "in_memory"),
      store: fc.boolean(),
      extensions: fc.tuple(dialect, word).map(([name, value]) => ({ [name]: { x_unknown: value } })),
    },
    { requiredKeys: [] },
  )
  .map((init) => present(init) as RequestInit);

/** A request. Most hold few settings, so that those which exclude each other do not hide the rest. */
export const randomRequest: fc.Arbitrary<ChatRequest> = fc
  .record({
    system: fc.array(systemTurn, { maxLength: 2 }),
    first: userTurn,
    turns: fc.array(
      fc.oneof(
        exchanged,
        userTurn.map((turn) => [turn]),
        systemTurn.map((turn) => [turn]),
      ),
      { maxLength: 4 },
    ),
    end: userTurn,
    tools: fc.array(tool, { maxLength: 3 }),
    choice: optional(fc.constantFrom("auto", "none", "required", "tool", "allowed")),
    settings,
    few: fc.integer({ min: 0, max: 6 }),
    at: fc.integer({ min: 0, max: 30 }),
  })
  .map(({ system, first, turns, end, tools, choice, settings: all, few, at }) => {
    const names = Object.keys(all);
    const chosen = Object.fromEntries(
      Array.from(
        { length: Math.min(few, names.length) },
        (_, index) => names[(at + index) % names.length] as string,
      ).map((name) => [name, all[name as keyof RequestInit]]),
    );
    const named = tools.find(({ kind }) => kind.case === "function")?.kind.value as { name: string } | undefined;
    return create(ChatRequestSchema, {
      ...chosen,
      model: "asked",
      messages: [...system, first, ...turns.flat(), end],
      tools,
      ...(named !== undefined && choice !== undefined && { toolChoice: choiceOf(choice, named.name) }),
    });
  });

function choiceOf(rule: string, name: string): RequestInit["toolChoice"] {
  if (rule === "allowed") return { mode: 1, allowed: [name] };
  if (rule === "tool") return { mode: 4, name };
  return { mode: rule === "auto" ? 1 : rule === "none" ? 2 : 3 };
}
