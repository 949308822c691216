import fc from "fast-check";
import type { JsonObject, JsonValue } from "../../src/sdk/index.js";

/**
 * Any request and any answer of `openai-responses`, with unknown members and nulls at every depth, for its laws.
 * @module
 */

const word = fc.string({ unit: "grapheme", maxLength: 8 });
const name = fc.stringMatching(/^[a-z]{1,6}$/);

/** Members that no version of the dialect has yet, and nulls in place of some that it has. */
const strange = (...nullable: string[]): fc.Arbitrary<JsonObject> =>
  fc
    .tuple(
      fc.dictionary(
        name.map((key) => `x_${key}`),
        fc.oneof(word, fc.boolean(), fc.integer(), fc.constant(null), fc.array(word, { maxLength: 2 })),
        { maxKeys: 2 },
      ),
      fc.subarray(nullable),
    )
    .map(([members, nulls]) => Object.fromEntries([...Object.entries(members), ...nulls.map((key) => [key, null])]));

const object = (members: Record<string, fc.Arbitrary<JsonValue>>, required: string[]) =>
  fc.record(members, { requiredKeys: required }) as fc.Arbitrary<JsonObject>;

const also = (base: fc.Arbitrary<JsonObject>, ...nullable: string[]): fc.Arbitrary<JsonObject> =>
  fc.tuple(base, strange(...nullable)).map(([mine, more]) => {
    const out: JsonObject = { ...mine };
    for (const key of Object.keys(more)) if (!(key in out)) out[key] = more[key] as JsonValue;
    return out;
  });

const constant = <T extends JsonValue>(...values: T[]): fc.Arbitrary<JsonValue> => fc.constantFrom(...values);
const data = fc.uint8Array({ minLength: 1, maxLength: 6 }).map((bytes) => Buffer.from(bytes).toString("base64"));
const url = constant("https://a.example/x.png");

const inputPiece = fc.oneof(
  also(object({ type: constant("input_text"), text: word }, ["type", "text"])),
  also(
    object({ type: constant("input_image"), image_url: url, detail: constant("low") }, ["type", "image_url"]),
    "file_id",
  ),
  also(object({ type: constant("input_image"), file_id: word }, ["type", "file_id"]), "image_url", "detail"),
  also(
    object({ type: constant("input_image"), image_url: data.map((text) => `data:image/png;base64,${text}`) }, [
      "type",
      "image_url",
    ]),
  ),
  also(object({ type: constant("input_file"), file_url: url, filename: word }, ["type", "file_url"])),
  also(object({ type: constant("input_file"), file_data: data, filename: word }, ["type", "file_data"]), "file_id"),
  also(
    object(
      { type: constant("input_audio"), input_audio: object({ data, format: constant("wav") }, ["data", "format"]) },
      ["type", "input_audio"],
    ),
  ),
  also(object({ type: constant("x_piece"), value: word }, ["type"])),
);

const annotation = fc.oneof(
  also(
    object({ type: constant("url_citation"), url: word, title: word, start_index: fc.nat(9), end_index: fc.nat(9) }, [
      "type",
      "url",
    ]),
  ),
  also(
    object({ type: constant("file_citation"), file_id: word, index: fc.nat(9), filename: word }, ["type", "file_id"]),
  ),
);
const token = object(
  {
    token: word,
    logprob: fc.double({ noNaN: true, min: -9, max: -1 }),
    bytes: fc.array(fc.nat(255), { maxLength: 3 }),
  },
  ["token", "logprob", "bytes"],
).map((one) => ({ ...one, top_logprobs: [] }));
const outputPiece = fc.oneof(
  also(
    object(
      {
        type: constant("output_text"),
        text: word,
        annotations: fc.array(annotation, { maxLength: 2 }),
        logprobs: fc.array(token, { maxLength: 2 }),
      },
      ["type", "text"],
    ),
  ),
  also(object({ type: constant("refusal"), refusal: word }, ["type", "refusal"])),
  also(object({ type: constant("x_piece"), value: word }, ["type"])),
);

const id = word.filter((text) => text !== "");
const status = constant("completed", "in_progress", "incomplete");
const summary = fc.array(object({ type: constant("summary_text"), text: word }, ["type", "text"]), { maxLength: 3 });
const reasoned = fc.array(object({ type: constant("reasoning_text"), text: word }, ["type", "text"]), { maxLength: 2 });

/** Items of the model's side. */
const modelItem = fc.oneof(
  also(
    object(
      {
        type: constant("message"),
        role: constant("assistant"),
        content: fc.array(outputPiece, { maxLength: 3 }),
        id,
        status,
        phase: constant("commentary"),
      },
      ["type", "role", "content"],
    ),
  ),
  also(
    object({ type: constant("reasoning"), summary, content: reasoned, encrypted_content: id, id, status }, [
      "type",
      "summary",
    ]),
    "encrypted_content",
    "content",
  ),
  also(
    object({ type: constant("function_call"), call_id: word, name, arguments: word, id, status }, [
      "type",
      "call_id",
      "name",
      "arguments",
    ]),
  ),
  also(
    object({ type: constant("custom_tool_call"), call_id: word, name, input: word, id, status }, [
      "type",
      "call_id",
      "name",
      "input",
    ]),
  ),
  also(object({ type: constant("web_search_call", "mcp_call", "item_reference", "x_item"), id, status }, ["type"])),
);

const callerItem = fc.oneof(
  also(
    object(
      {
        type: constant("message"),
        role: constant("user", "system", "developer"),
        content: fc.oneof(word as fc.Arbitrary<JsonValue>, fc.array(inputPiece, { maxLength: 3 })),
        id,
        status,
      },
      ["role", "content"],
    ),
  ),
  also(object({ role: constant("assistant"), content: word, phase: constant("final_answer") }, ["role", "content"])),
  also(
    object(
      {
        type: constant("function_call_output", "custom_tool_call_output"),
        call_id: word,
        output: fc.oneof(word as fc.Arbitrary<JsonValue>, fc.array(inputPiece, { maxLength: 2 })),
        id,
        status,
      },
      ["type", "call_id", "output"],
    ),
  ),
  also(object({ type: constant("computer_call_output", "mcp_approval_response"), call_id: word }, ["type"])),
);

const tool = fc.oneof(
  also(
    object(
      {
        type: constant("function"),
        name,
        description: word,
        parameters: fc.constant<JsonObject>({ type: "object" }),
        strict: fc.boolean(),
      },
      ["type", "name"],
    ),
    "parameters",
    "strict",
    "description",
  ),
  also(
    object(
      {
        type: constant("custom"),
        name,
        format: fc.constantFrom<JsonValue>(
          { type: "text" },
          { type: "grammar", syntax: "lark", definition: "start: x" },
        ),
      },
      ["type", "name"],
    ),
  ),
  also(object({ type: constant("web_search", "mcp", "x_tool") }, ["type"])),
);

const format = fc.oneof(
  also(object({ type: constant("text", "json_object", "x_format") }, ["type"])),
  also(
    object(
      {
        type: constant("json_schema"),
        name,
        schema: fc.constant<JsonObject>({ type: "object" }),
        strict: fc.boolean(),
        description: word,
      },
      ["type"],
    ),
    "strict",
    "description",
  ),
);

export const anyRequest: fc.Arbitrary<JsonObject> = also(
  object(
    {
      model: id,
      input: fc.oneof(
        word as fc.Arbitrary<JsonValue>,
        fc.array(fc.oneof(modelItem, callerItem), { minLength: 1, maxLength: 6 }),
      ),
      instructions: word,
      tools: fc.array(tool, { maxLength: 3 }),
      tool_choice: fc.constantFrom<JsonValue>(
        "auto",
        "none",
        "required",
        { type: "function", name: "a" },
        { type: "custom", name: "b" },
        { type: "file_search" },
        { type: "mcp", server_label: "s", name: "n" },
        { type: "allowed_tools", mode: "auto", tools: [{ type: "function", name: "a" }] },
        { type: "allowed_tools", mode: "required", tools: [{ type: "mcp", server_label: "s" }] },
      ),
      text: also(object({ format, verbosity: constant("low") }, [])),
      reasoning: also(
        object({ effort: constant("low", "none", "x_effort"), summary: constant("auto", "detailed") }, []),
        "effort",
        "summary",
      ),
      include: fc.subarray<JsonValue>(["reasoning.encrypted_content", "message.output_text.logprobs", "x.include"]),
      max_output_tokens: fc.nat(99),
      temperature: fc.constantFrom(0, 0.5, 2),
      top_p: fc.constantFrom(0, 1),
      top_logprobs: fc.nat(20),
      parallel_tool_calls: fc.boolean(),
      store: fc.boolean(),
      background: fc.boolean(),
      truncation: constant("auto", "disabled"),
      service_tier: constant("flex"),
      user: word,
      safety_identifier: word,
      prompt_cache_key: word,
      metadata: fc.dictionary(name, fc.oneof(word, fc.integer()), { maxKeys: 2 }),
      previous_response_id: word,
      conversation: fc.oneof<fc.Arbitrary<JsonValue>[]>(word, object({ id: word }, ["id"])),
      max_tool_calls: fc.nat(9),
      stream: fc.boolean(),
      stream_options: fc.constant<JsonObject>({ include_obfuscation: false }),
    },
    ["model", "input"],
  ),
  "instructions",
  "tools",
  "tool_choice",
  "text",
  "reasoning",
  "include",
  "max_output_tokens",
  "temperature",
  "store",
  "user",
  "metadata",
  "stream",
  "truncation",
);

export const anyResponse: fc.Arbitrary<JsonObject> = also(
  object(
    {
      id: word,
      object: constant("response"),
      created_at: fc.nat(2_000_000_000),
      model: word,
      status: constant("completed", "incomplete", "cancelled", "queued", "in_progress", "x_status"),
      incomplete_details: fc.constantFrom<JsonValue>(
        { reason: "max_output_tokens" },
        { reason: "content_filter" },
        { reason: "x_reason" },
        { reason: "max_output_tokens", x_more: 1 },
      ),
      output: fc.array(modelItem, { maxLength: 5 }),
      usage: also(
        object(
          {
            input_tokens: fc.nat(99),
            output_tokens: fc.nat(99),
            total_tokens: fc.nat(198),
            input_tokens_details: also(object({ cached_tokens: fc.nat(9), cache_write_tokens: fc.nat(9) }, [])),
            output_tokens_details: also(object({ reasoning_tokens: fc.nat(9) }, [])),
          },
          [],
        ),
      ),
      service_tier: word,
      tools: fc.array(tool, { maxLength: 2 }),
      metadata: fc.constant<JsonObject>({}),
    },
    ["output"],
  ),
  "error",
  "incomplete_details",
  "usage",
  "instructions",
  "service_tier",
);
