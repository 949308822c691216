import { type ChatRequestSchema, type MessageInitShape, type MessageSchema, Role, ToolKind } from "../../sdk/index.js";

/** Something that a caller may ask for, with a request that asks for it and for little else. */
export interface RequestFeature {
  readonly name: string;
  readonly sample: MessageInitShape<typeof ChatRequestSchema>;
  /** The members that are the feature, by their patterns: `part.image.url`. */
  readonly of: RegExp;
}

type Request = MessageInitShape<typeof ChatRequestSchema>;
type Message = MessageInitShape<typeof MessageSchema>;
type Kind = NonNullable<NonNullable<Message["parts"]>[number]["kind"]>;

const part = (kind: Kind) => ({ kind });
const text = (value: string) => part({ case: "text", value: { text: value } });
const user = (...kinds: Kind[]): Message => ({ role: Role.USER, parts: [...kinds.map(part), text("Look.")] });
const assistant = (...kinds: Kind[]): Message => ({ role: Role.ASSISTANT, parts: kinds.map(part) });
const hello: Message = { role: Role.USER, parts: [text("Hello.")] };
const schema = { type: "object", properties: { a: { type: "string" } }, required: ["a"], additionalProperties: false };
const look = {
  kind: { case: "function", value: { name: "look", description: "Looks.", parameters: schema } },
} as const;
const see = { kind: { case: "function", value: { name: "see", description: "Sees.", parameters: schema } } } as const;
const call: Kind = {
  case: "toolCall",
  value: { id: "call_1", name: "look", arguments: '{"a":"b"}', kind: ToolKind.FUNCTION },
};
const called = (result: Kind): Request => ({
  messages: [hello, assistant(call), { role: Role.TOOL, parts: [part(result)] }],
  tools: [look],
});
const png = new Uint8Array(Buffer.from("89504e470d0a1a0a00", "hex"));
const pdf = new Uint8Array(Buffer.from("%PDF-1.4"));

const settings = (name: string, of: RegExp, sample: Request): RequestFeature => ({
  name,
  of,
  sample: { messages: [hello], ...sample },
});
const piece = (name: string, of: RegExp, kind: Kind): RequestFeature => ({
  name,
  of,
  sample: { messages: [user(kind)] },
});
const said = (name: string, of: RegExp, ...kinds: Kind[]): RequestFeature => ({
  name,
  of,
  sample: { messages: [hello, assistant(...kinds), hello] },
});

/** Every kind of thing that the vocabulary lets a caller ask for. */
export const REQUEST_FEATURES: readonly RequestFeature[] = [
  piece("text", /^part\.text\.text/, { case: "text", value: { text: "Hi." } }),
  settings("instructions first", /role$/, {
    messages: [{ role: Role.SYSTEM, parts: [text("Be brief.")] }, hello],
  }),
  settings("instructions within the conversation", /role$/, {
    messages: [
      hello,
      assistant({ case: "text", value: { text: "Hi." } }),
      { role: Role.SYSTEM, parts: [text("Be brief.")] },
      hello,
    ],
  }),
  settings("name of a speaker", /name$/, { messages: [{ ...hello, name: "ann" }] }),
  settings("last message of the assistant, to go on with", /^(?:part\.text|messages)/, {
    messages: [hello, assistant({ case: "text", value: { text: "Once" } })],
  }),
  piece("picture by address", /^part\.image/, {
    case: "image",
    value: { source: { case: "url", value: "https://example.com/a.png" } },
  }),
  piece("picture as bytes", /^part\.image/, {
    case: "image",
    value: { source: { case: "data", value: png }, mediaType: "image/png" },
  }),
  piece("picture by file id", /^part\.image/, {
    case: "image",
    value: { source: { case: "fileId", value: "file_abc" } },
  }),
  piece("detail of a picture", /^part\.image\.detail/, {
    case: "image",
    value: { source: { case: "data", value: png }, mediaType: "image/png", detail: "high" },
  }),
  piece("document by address", /^part\.file/, {
    case: "file",
    value: { source: { case: "url", value: "https://example.com/a.pdf" } },
  }),
  piece("document as bytes", /^part\.file/, {
    case: "file",
    value: { source: { case: "data", value: pdf }, mediaType: "application/pdf" },
  }),
  piece("document by file id", /^part\.file/, {
    case: "file",
    value: { source: { case: "fileId", value: "file_abc" } },
  }),
  piece("document as text", /^part\.file/, {
    case: "file",
    value: { source: { case: "text", value: "Words." }, mediaType: "text/plain" },
  }),
  piece("name of a document", /^part\.file\.filename/, {
    case: "file",
    value: { source: { case: "data", value: pdf }, mediaType: "application/pdf", filename: "a.pdf" },
  }),
  piece("sound", /^part\.audio/, { case: "audio", value: { source: { case: "data", value: pdf }, format: "wav" } }),
  settings("cache hint on a piece", /cache$/, {
    messages: [{ role: Role.USER, parts: [{ ...text("Long."), cache: {} }] }],
  }),
  settings("cache hint on a tool", /cache$/, { tools: [{ ...look, cache: {} }] }),
  settings("function tools", /^tools/, { tools: [look] }),
  settings("strict function tools", /strict$/, {
    tools: [{ kind: { case: "function", value: { ...look.kind.value, strict: true } } }],
  }),
  settings("custom tools with free text", /^tools/, { tools: [{ kind: { case: "custom", value: { name: "free" } } }] }),
  settings("no tool may be called", /^tool_choice/, { tools: [look], toolChoice: { mode: 2 } }),
  settings("some tool must be called", /^tool_choice/, { tools: [look], toolChoice: { mode: 3 } }),
  settings("one tool must be called", /^tool_choice/, { tools: [look], toolChoice: { mode: 4, name: "look" } }),
  settings("only some tools may be called", /^tool/, {
    tools: [look, see],
    toolChoice: { mode: 1, allowed: ["look"] },
  }),
  settings("one call at a time", /^parallel/, { tools: [look], parallelToolCalls: false }),
  {
    name: "tool calls",
    of: /^part\.tool_call/,
    sample: called({ case: "toolResult", value: { toolCallId: "call_1", content: [text("Seen.")] } }),
  },
  {
    name: "tool results",
    of: /^part\.(?:tool_result|text)/,
    sample: called({ case: "toolResult", value: { toolCallId: "call_1", content: [text("Seen.")] } }),
  },
  {
    name: "failed tools",
    of: /is_error$/,
    sample: called({ case: "toolResult", value: { toolCallId: "call_1", content: [text("No.")], isError: true } }),
  },
  {
    name: "pictures in tool results",
    of: /^part\.image/,
    sample: called({
      case: "toolResult",
      value: {
        toolCallId: "call_1",
        content: [part({ case: "image", value: { source: { case: "data", value: png }, mediaType: "image/png" } })],
      },
    }),
  },
  said(
    "reasoning without a seal",
    /^part\.reasoning/,
    { case: "reasoning", value: { text: "Hm." } },
    { case: "text", value: { text: "So." } },
  ),
  ...["openai-responses", "anthropic-messages", "gemini"].map((dialect) =>
    said(
      `reasoning sealed in ${dialect}`,
      /^part\.reasoning\.(?:text|signature|encrypted)/,
      {
        case: "reasoning",
        value: {
          text: "Hm.",
          dialect,
          ...(dialect === "openai-responses" ? { encryptedContent: "c2Vh" } : { signature: "c2Vh" }),
        },
      },
      { case: "text", value: { text: "So." } },
    ),
  ),
  said("refusals", /^part\.refusal/, { case: "refusal", value: { text: "No." } }),
  said("citations of addresses", /citations/, {
    case: "text",
    value: { text: "So.", citations: [{ url: "https://example.com", title: "A" }] },
  }),
  settings("any JSON object as the answer", /^response_format/, {
    responseFormat: { kind: { case: "jsonObject", value: {} } },
  }),
  settings("JSON of a schema as the answer", /^response_format/, {
    responseFormat: { kind: { case: "jsonSchema", value: { name: "answer", schema, strict: true } } },
  }),
  settings("limit of tokens", /^max_output/, { maxOutputTokens: 500 }),
  settings("temperature up to 1", /^temperature/, { temperature: 0.5 }),
  settings("temperature above 1", /^temperature/, { temperature: 1.5 }),
  settings("top_p", /^top_p/, { topP: 0.5 }),
  settings("top_k", /^top_k/, { topK: 5 }),
  settings("frequency and presence penalties", /penalty$/, { frequencyPenalty: 0.5, presencePenalty: 0.5 }),
  settings("stop sequences", /^stop/, { stop: ["END"] }),
  settings("seed", /^seed/, { seed: 7n }),
  settings("several choices", /^n$/, { n: 2 }),
  settings("log probabilities", /logprobs$/, { logprobs: true, topLogprobs: 3 }),
  settings("logit bias", /^logit_bias/, { logitBias: { "50256": -100 } }),
  settings("effort of reasoning", /^reasoning/, { reasoning: { effort: 5 } }),
  settings("least effort of reasoning", /^reasoning/, { reasoning: { effort: 2 } }),
  settings("no reasoning", /^reasoning/, { reasoning: { effort: 1 } }),
  settings("budget of reasoning", /^reasoning/, { reasoning: { budgetTokens: 2048 } }),
  settings("reasoning as the model likes", /^reasoning/, { reasoning: { adaptive: true } }),
  settings("reasoning shown", /^reasoning\.visible/, { reasoning: { effort: 5, visible: true } }),
  settings("spoken answers", /^(?:output_modalities|audio_output)/, {
    outputModalities: [1, 3],
    audioOutput: { voice: "alloy", format: "wav" },
  }),
  settings("pictures as the answer", /^output_modalities/, { outputModalities: [1, 2] }),
  settings("verbosity", /^verbosity/, { verbosity: "low" }),
  settings("service tier flex", /^service_tier/, { serviceTier: "flex" }),
  settings("service tier priority", /^service_tier/, { serviceTier: "priority" }),
  settings("id of the person", /^end_user/, { endUser: "someone" }),
  settings("metadata", /^metadata/, { metadata: { a: "b" } }),
  settings("key of the prompt's cache", /^prompt_cache_key/, { promptCacheKey: "k" }),
  settings("retention of the prompt's cache", /^prompt_cache_retention/, { promptCacheRetention: "24h" }),
  settings("storage at the provider", /^store/, { store: true }),
];
