import { describe, expect, it } from "vitest";
import { again, encode, failure } from "../../../test/support/anthropic-requests.js";
import { type JsonObject, Losses, ReasoningEffort, Role } from "../../sdk/index.js";
import { anthropicMessages } from "./index.js";

describe("a caller's request", () => {
  const base = { model: "claude-x", max_tokens: 10, messages: [{ role: "user", content: "hi" }] };

  it("keeps results and words of one user message in one message, in order", () => {
    const { messages } = anthropicMessages.decodeRequest(
      JSON.stringify({
        ...base,
        messages: [
          {
            role: "user",
            content: [
              { type: "tool_result", tool_use_id: "t", content: "x", is_error: true },
              { type: "text", text: "go on" },
            ],
          },
        ],
      }),
    );
    expect(messages).toHaveLength(1);
    expect(messages[0]?.role).toBe(Role.USER);
    expect(messages[0]?.parts.map(({ kind }) => kind.case)).toEqual(["toolResult", "text"]);
  });

  it("trap 69: thinking in each of its forms is a wish to reason, and disabled reaches the API", () => {
    const reasoningOf = (thinking: object) =>
      anthropicMessages.decodeRequest(JSON.stringify({ ...base, thinking })).reasoning;
    expect(reasoningOf({ type: "enabled", budget_tokens: 2000 })).toMatchObject({ budgetTokens: 2000 });
    expect(reasoningOf({ type: "adaptive", display: "omitted" })).toMatchObject({ adaptive: true, visible: false });
    expect(reasoningOf({ type: "disabled" })).toMatchObject({ effort: ReasoningEffort.NONE });
    expect(encode({ reasoning: { effort: ReasoningEffort.NONE } }).body.thinking).toEqual({ type: "disabled" });
  });

  it("trap 70: trap 71: failures of tools and reasoning in the history keep their kinds", () => {
    const { messages } = anthropicMessages.decodeRequest(
      JSON.stringify({
        ...base,
        messages: [
          { role: "assistant", content: [{ type: "thinking", thinking: "hm", signature: "s" }] },
          { role: "user", content: [{ type: "tool_result", tool_use_id: "t", is_error: true }] },
        ],
      }),
    );
    expect(messages[0]?.parts[0]?.kind).toMatchObject({ case: "reasoning", value: { text: "hm", signature: "s" } });
    expect(messages[1]?.parts[0]?.kind).toMatchObject({ case: "toolResult", value: { isError: true } });
  });

  it("trap 72: breakpoints on system are hints, beside the text and its order", () => {
    const { messages } = anthropicMessages.decodeRequest(
      JSON.stringify({
        ...base,
        system: [
          { type: "text", text: "one" },
          { type: "text", text: "two", cache_control: { type: "ephemeral" } },
        ],
      }),
    );
    expect(messages[0]?.role).toBe(Role.SYSTEM);
    expect(messages[0]?.parts.map(({ cache }) => cache !== undefined)).toEqual([false, true]);
  });

  it("trap 40: numbers and key order of a call's input survive", () => {
    const input = '{"b":12345678901234567890,"a":1.0,"10":1,"9":"\\u00e9"}';
    const body = `{"model":"m","max_tokens":1,"messages":[{"role":"assistant","content":[{"type":"tool_use","id":"t","name":"n","input":${input}}]},{"role":"user","content":"x"}],"tools":[{"name":"n","input_schema":{"type":"object","properties":{"input":{"type":"object"}}}}]}`;
    const decoded = anthropicMessages.decodeRequest(body);
    const [part] = decoded.messages[0]?.parts ?? [];
    expect(part?.kind).toMatchObject({ case: "toolCall", value: { arguments: input } });
    const target = { model: "m", stream: false, traits: {}, losses: new Losses() };
    const written = anthropicMessages.encodeRequest(decoded, target);
    expect(written).toContain(`"input":${input}`);
    expect(JSON.parse(written)).toEqual(JSON.parse(body));
  });

  it.each([
    [
      "an empty text and nulls",
      {
        ...base,
        system: null,
        temperature: null,
        messages: [{ role: "user", content: [{ type: "text", text: "", cache_control: null }] }],
      },
    ],
    [
      "empty lists",
      { ...base, system: [], tools: [], stop_sequences: [], messages: [{ role: "assistant", content: [] }] },
    ],
    ["an empty system", { ...base, system: "" }],
    ["a system of one block", { ...base, system: [{ type: "text", text: "a" }] }],
    [
      "a system in the conversation's front",
      {
        ...base,
        system: "a",
        messages: [
          { role: "system", content: "b" },
          { role: "user", content: [{ type: "text", text: "x" }] },
        ],
      },
    ],
    [
      "results in every form",
      {
        ...base,
        messages: [
          {
            role: "user",
            content: [
              { type: "tool_result", tool_use_id: "a" },
              { type: "tool_result", tool_use_id: "b", content: "" },
              { type: "tool_result", tool_use_id: "c", content: [] },
              { type: "tool_result", tool_use_id: "d", content: [{ type: "text", text: "x" }], is_error: false },
            ],
          },
        ],
      },
    ],
    [
      "a text before a result",
      {
        ...base,
        messages: [
          {
            role: "user",
            content: [
              { type: "text", text: "x" },
              { type: "tool_result", tool_use_id: "b", content: "y" },
            ],
          },
        ],
      },
    ],
    [
      "pictures that are not quite right",
      {
        ...base,
        messages: [
          {
            role: "user",
            content: [
              { type: "image", source: { type: "base64", media_type: "image/jpg", data: "iVBO Rw0=" } },
              { type: "image", source: { type: "base64", data: "AAAA" } },
              {
                type: "image",
                source: { type: "file", file_id: "file_1" },
                cache_control: { type: "ephemeral", ttl: "1h" },
              },
            ],
          },
        ],
      },
    ],
    [
      "documents of every source",
      {
        ...base,
        messages: [
          {
            role: "user",
            content: [
              {
                type: "document",
                source: { type: "text", media_type: "text/plain", data: "x" },
                title: "t",
                context: "c",
                citations: { enabled: true },
              },
              { type: "document", source: { type: "url", url: "https://a.example" } },
              { type: "document", source: { type: "content", content: "x" }, title: null },
              { type: "document", source: { type: "base64", media_type: "application/pdf", data: "JVBERi0=" } },
            ],
          },
        ],
      },
    ],
    [
      "the provider's own tools",
      {
        ...base,
        tools: [
          { type: "web_search_20250305", name: "web_search", max_uses: 1 },
          {
            type: "custom",
            name: "c",
            input_schema: { type: "object" },
            defer_loading: true,
            input_examples: [{ a: 1 }],
          },
          {
            name: "d",
            description: "",
            input_schema: { type: "object", properties: { a: { minimum: 1 } } },
            strict: true,
          },
        ],
        mcp_servers: [{ type: "url", url: "https://a.example", name: "m" }],
      },
    ],
    [
      "what the provider's tools did",
      {
        ...base,
        messages: [
          {
            role: "assistant",
            content: [
              { type: "server_tool_use", id: "s", name: "web_search", input: { query: "q" } },
              {
                type: "web_search_tool_result",
                tool_use_id: "s",
                content: [{ type: "web_search_result", url: "u", title: "t", encrypted_content: "e" }],
              },
              {
                type: "text",
                text: "a",
                citations: [
                  { type: "web_search_result_location", url: "u", title: "t", encrypted_index: "i", cited_text: "c" },
                  {
                    type: "char_location",
                    document_title: null,
                    document_index: 0,
                    start_char_index: 0,
                    end_char_index: 1,
                    cited_text: "d",
                  },
                ],
              },
              { type: "mcp_tool_use", id: "m", name: "n", server_name: "s", input: {} },
            ],
          },
        ],
      },
    ],
    [
      "every choice",
      {
        ...base,
        tools: [{ name: "d", input_schema: { type: "object" } }],
        tool_choice: { type: "any", disable_parallel_tool_use: false },
      },
    ],
    ["a choice without tools", { ...base, tool_choice: { type: "none" } }],
    [
      "thinking with a budget above the limit and a forced call",
      {
        ...base,
        thinking: { type: "enabled", budget_tokens: 9000, display: null },
        tools: [{ name: "d", input_schema: { type: "object" } }],
        tool_choice: { type: "any" },
        top_k: 3,
        temperature: 0.5,
      },
    ],
    ["effort alone", { ...base, output_config: { effort: "low", task_budget: 1 } }],
    ["effort without thinking", { ...base, thinking: { type: "disabled" }, output_config: { effort: "low" } }],
    [
      "an unknown kind of thinking",
      { ...base, thinking: { type: "between_tools" }, output_config: { effort: "extreme" } },
    ],
    [
      "a schema that no one else would take",
      {
        ...base,
        output_config: {
          format: { type: "json_schema", schema: { type: "object", properties: { a: { minimum: 1 } } } },
          effort: "high",
        },
      },
    ],
    [
      "the earlier output_format",
      { ...base, output_format: { type: "json_schema", schema: { type: "object" } }, betas: ["x"] },
    ],
    [
      "fields of the request that only this dialect has",
      {
        ...base,
        container: { skills: [] },
        context_management: { edits: [] },
        cache_control: { type: "ephemeral" },
        inference_geo: "eu",
        speed: "fast",
        metadata: { user_id: "u", other: 1 },
        service_tier: "standard_only",
        stream: false,
      },
    ],
    ["metadata without a user", { ...base, metadata: { user_id: null }, stream: true }],
    [
      "fields of a message",
      {
        ...base,
        messages: [{ role: "user", content: [{ type: "text", text: "x" }], output_config: { effort: "low" } }],
      },
    ],
  ])("with %s comes back as it was", (_, body) => {
    expect(again(body as unknown as JsonObject)).toEqual(body);
  });

  it.each([
    ["model", { ...base, model: undefined }],
    ["messages", { ...base, messages: [] }],
    ["messages[0].role", { ...base, messages: [{ role: "tool", content: "x" }] }],
    ["messages[0].content", { ...base, messages: [{ role: "user" }] }],
    ["messages[0].content[0].type", { ...base, messages: [{ role: "user", content: [{ text: "x" }] }] }],
    [
      "messages[0].content[0].input",
      { ...base, messages: [{ role: "assistant", content: [{ type: "tool_use", id: "a", name: "b", input: "{}" }] }] },
    ],
    ["temperature", { ...base, temperature: 1.5 }],
    ["max_tokens", { ...base, max_tokens: "10" }],
    ["tool_choice.type", { ...base, tool_choice: { type: "required" } }],
    ["tools[0].name", { ...base, tools: [{ input_schema: {} }] }],
    ["stop_sequences[0]", { ...base, stop_sequences: [1] }],
    ["stream", { ...base, stream: "yes" }],
    ["parlance.strict", { ...base, parlance: { strict: "yes" } }],
  ])("with a fault in %s is refused by that name", (field, body) => {
    const error = failure(() => anthropicMessages.decodeRequest(JSON.stringify(body)));
    expect([error.code, error.facts.field]).toEqual(["invalid_request", field]);
  });

  it("may speak to the gateway in its member parlance, which no provider sees", () => {
    const decoded = anthropicMessages.decodeRequest(
      JSON.stringify({ ...base, parlance: { strict: true, routing: { preferredProviders: ["a"] } } }),
    );
    expect(decoded.strict).toBe(true);
    expect(decoded.routing?.preferredProviders).toEqual(["a"]);
    expect(again({ ...base, parlance: { strict: true } })).toEqual(base);
  });
});
