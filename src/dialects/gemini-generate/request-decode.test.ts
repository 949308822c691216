import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { failure } from "../../../test/support/anthropic-requests.js";
import { again } from "../../../test/support/gemini-requests.js";
import { type JsonObject, Losses, Modality, ReasoningEffort, Role, skim, ToolChoiceMode } from "../../sdk/index.js";
import { gemini } from "./index.js";

const hi = { role: "user", parts: [{ text: "hi" }] };
const decode = (body: JsonObject) => gemini.decodeRequest(JSON.stringify({ contents: [hi], ...body }));

describe("a request of the wire", () => {
  it("is read in either spelling of its names, and comes back in the one that it had", () => {
    const camel: JsonObject = {
      contents: [{ role: "user", parts: [{ inlineData: { mimeType: "image/png", data: "iVBORw0KGgo=" } }] }],
      systemInstruction: { parts: [{ text: "Be brief." }] },
      generationConfig: { maxOutputTokens: 5, topP: 0.5, responseMimeType: "application/json", stopSequences: ["x"] },
      toolConfig: { functionCallingConfig: { mode: "ANY", allowedFunctionNames: ["look"] } },
      tools: [{ functionDeclarations: [{ name: "look", parametersJsonSchema: { type: "object" } }] }],
    };
    const snake = JSON.parse(
      JSON.stringify(camel).replace(
        /"(\w+)":/g,
        (_, name: string) => `"${name.replace(/[A-Z]/g, (x) => `_${x.toLowerCase()}`)}":`,
      ),
    ) as JsonObject;
    const one = gemini.decodeRequest(JSON.stringify(camel));
    const other = gemini.decodeRequest(JSON.stringify(snake));
    for (const request of [one, other]) {
      expect(request.maxOutputTokens).toBe(5);
      expect(request.messages[0]?.role).toBe(Role.SYSTEM);
      expect(request.messages[1]?.parts[0]?.kind).toMatchObject({ case: "image", value: { mediaType: "image/png" } });
      expect(request.toolChoice).toMatchObject({ mode: ToolChoiceMode.TOOL, name: "look" });
      expect(request.responseFormat?.kind.case).toBe("jsonObject");
      expect(request.tools[0]?.kind).toMatchObject({ case: "function", value: { parameters: { type: "object" } } });
    }
    expect(again(camel)).toEqual(camel);
    expect(again(snake)).toEqual(snake);
  });

  it("names the model in the path, so that the body need not, and the same where it does", () => {
    expect(decode({}).model).toBe("");
    expect(decode({ model: "models/gemini-x" }).model).toBe("gemini-x");
    const splice = (body: string) => {
      const bytes = Buffer.from(body);
      return gemini.spliceRequest(bytes, skim(bytes), { model: "b", stream: true }).toString();
    };
    expect(splice('{"contents":[] , "x":1.0}')).toBe('{"contents":[] , "x":1.0}');
    expect(splice('{"model":"models/a","contents":[]}')).toBe('{"model":"models/b","contents":[]}');
    expect(splice('{"generateContentRequest": {"contents":[],"model":"models/a"} }')).toBe(
      '{"generateContentRequest": {"contents":[],"model":"models/b"} }',
    );
    expect(splice('{"generateContentRequest":7,"generate_content_request":{}}')).toBe(
      '{"generateContentRequest":7,"generate_content_request":{}}',
    );
    expect(splice('{"parlance":{"strict":true},"contents":[]}')).toBe('{"contents":[]}');
    expect(splice('{"contents":[], "parlance":{}}')).toBe('{"contents":[]}');
  });

  it("trap 75: gets ids for calls that have none, each its own, and results find theirs", () => {
    const body: JsonObject = {
      contents: [
        { role: "user", parts: [{ text: "twice" }] },
        {
          role: "model",
          parts: [
            { functionCall: { name: "roll", args: { n: 1 } } },
            { functionCall: { name: "roll", args: { n: 2 } } },
            { functionCall: { name: "toss", id: "abc" } },
          ],
        },
        {
          role: "function",
          parts: [
            { functionResponse: { name: "roll", response: { result: "one" } } },
            { functionResponse: { name: "toss", id: "abc", response: { output: "two" } } },
            { functionResponse: { name: "roll", response: { eyes: 3 } } },
          ],
        },
      ],
    };
    const [, model, tools] = decode(body).messages;
    const calls = model?.parts.map(({ kind }) => (kind.case === "toolCall" ? kind.value.id : ""));
    expect(new Set(calls).size).toBe(3);
    expect(calls?.[2]).toBe("abc");
    const results = tools?.parts.map(({ kind }) => (kind.case === "toolResult" ? kind.value : undefined));
    expect(results?.map((result) => result?.toolCallId)).toEqual([calls?.[0], "abc", calls?.[1]]);
    expect(results?.map((result) => result?.content[0]?.kind.value)).toMatchObject([
      { text: "one" },
      { text: "two" },
      { text: '{"eyes":3}' },
    ]);
    expect(tools?.role).toBe(Role.TOOL);
    expect(decode(body)).toEqual(decode(body));
    expect(again(body)).toEqual(body);
  });

  it("trap 79: has schemas that others read, and that come back as they were", () => {
    const google = {
      type: "OBJECT",
      properties: {
        size: { type: "INTEGER", nullable: true, minimum: 1 },
        tags: { type: "ARRAY", items: { type: "STRING" }, maxItems: "3" },
      },
      required: ["size"],
    };
    const body: JsonObject = {
      contents: [hi],
      tools: [{ functionDeclarations: [{ name: "f", parameters: google }] }, { googleSearch: {} }],
      generationConfig: { responseMimeType: "application/json", responseSchema: google },
    };
    const request = decode(body);
    const schema = {
      type: "object",
      properties: {
        size: { type: ["integer", "null"], minimum: 1 },
        tags: { type: "array", items: { type: "string" }, maxItems: 3 },
      },
      required: ["size"],
    };
    expect(request.tools[0]?.kind.value).toMatchObject({ parameters: schema });
    expect(request.tools[1]?.kind).toMatchObject({
      case: "opaque",
      value: { dialect: "gemini", value: { googleSearch: {} } },
    });
    expect(request.responseFormat?.kind.value).toMatchObject({ schema });
    expect(again(body)).toEqual(body);
  });

  it("says its wishes in the words of the vocabulary", () => {
    const request = decode({
      generationConfig: {
        temperature: 0,
        topK: 40,
        candidateCount: 2,
        seed: 7,
        responseLogprobs: true,
        logprobs: 2,
        responseModalities: ["TEXT", "IMAGE"],
        thinkingConfig: { thinkingLevel: "LOW", includeThoughts: true },
      },
      serviceTier: "flex",
      toolConfig: { functionCallingConfig: { mode: "VALIDATED" } },
      safetySettings: [{ category: "HARM_CATEGORY_HARASSMENT", threshold: "BLOCK_NONE" }],
      cachedContent: "cachedContents/x",
    });
    expect(request).toMatchObject({
      temperature: 0,
      topK: 40,
      n: 2,
      seed: 7n,
      logprobs: true,
      topLogprobs: 2,
      outputModalities: [Modality.TEXT, Modality.IMAGE],
      reasoning: { effort: ReasoningEffort.LOW, visible: true },
      serviceTier: "flex",
      toolChoice: { mode: ToolChoiceMode.AUTO, extensions: { gemini: { mode: "VALIDATED" } } },
    });
    expect(Object.keys(request.extensions?.gemini as object)).toEqual(
      expect.arrayContaining(["safetySettings", "cachedContent"]),
    );
    expect(decode({ generationConfig: { thinkingConfig: { thinkingBudget: 0 } } }).reasoning?.effort).toBe(
      ReasoningEffort.NONE,
    );
    expect(decode({ generationConfig: { thinkingConfig: { thinkingBudget: -1 } } }).reasoning?.adaptive).toBe(true);
    expect(decode({ parlance: { strict: true } }).strict).toBe(true);
  });

  it.each([
    ["contents", { contents: [] }],
    ["contents[0].role", { contents: [{ role: "assistant", parts: [{ text: "x" }] }] }],
    ["contents[0].parts[0].text", { contents: [{ parts: [{ text: 1 }] }] }],
    ["contents[0].parts[0]", { contents: [{ parts: ["x"] }] }],
    ["generationConfig.temperature", { generationConfig: { temperature: "hot" } }],
    ["generationConfig.maxOutputTokens", { generationConfig: { maxOutputTokens: 1.5 } }],
    ["tools[0]", { tools: ["x"] }],
    ["parlance.strict", { parlance: { strict: 1 } }],
  ])("that is wrong is refused by the name of its field: %s", (field, body) => {
    const error = failure(() => decode(body));
    expect(error).toMatchObject({ code: "invalid_request", facts: { field } });
    expect(error.message).toContain(field);
  });

  it("that is no JSON object is refused", () => {
    for (const text of ["", "[]", "{"]) {
      expect(failure(() => gemini.decodeRequest(text)).facts.field).toBe("body");
    }
  });
});

describe("a count of tokens", () => {
  it("is asked for with everything that is read, and its answer is read", () => {
    const target = { model: "gemini-x", stream: false, traits: {}, losses: new Losses() };
    const { tokenCount } = gemini;
    const asked = tokenCount?.encodeRequest(decode({ systemInstruction: { parts: [{ text: "s" }] } }), target) ?? "";
    expect(JSON.parse(asked)).toEqual({
      generateContentRequest: {
        model: "models/gemini-x",
        contents: [hi],
        systemInstruction: { parts: [{ text: "s" }] },
      },
    });
    expect(JSON.parse(tokenCount?.encodeRequest(gemini.decodeRequest(asked), target) ?? "")).toEqual(JSON.parse(asked));
    expect(tokenCount?.decodeResponse('{"totalTokens":12}')).toBe(12);
    expect(tokenCount?.decodeResponse("{}")).toBe(0);
    expect(tokenCount?.decodeResponse(tokenCount.encodeResponse(7))).toBe(7);
    for (const text of ["no", '{"totalTok', '{"totalTokens":"x"}', '{"error":{"code":500}}']) {
      expect(failure(() => tokenCount?.decodeResponse(text)).code).toBe("malformed_answer");
    }
  });
});

const word = fc.stringMatching(/^[a-z]{1,8}$/);
const value = fc
  .jsonValue({ maxDepth: 2 })
  .filter((made) => !JSON.stringify(made).includes("__proto__")) as fc.Arbitrary<never>;
const object = fc.dictionary(word, value, { noNullPrototype: true });
const some = (made: Record<string, fc.Arbitrary<unknown>>) => fc.record(made, { requiredKeys: [] });
const signature = fc.base64String({ minLength: 4, maxLength: 16 });
const part = fc.oneof(
  fc.record(
    { text: fc.string(), thoughtSignature: signature, mediaResolution: object, thought: fc.boolean() },
    { requiredKeys: ["text"] },
  ),
  fc.record({
    inlineData: fc.record({
      mimeType: fc.constantFrom("image/png", "image/jpg", "audio/mpeg", "video/mp4"),
      data: fc.base64String(),
    }),
  }),
  fc.record({
    file_data: fc.record({ file_uri: fc.webUrl(), mime_type: fc.constantFrom("image/png", "application/pdf") }),
  }),
  fc.record(
    {
      functionCall: fc.record({ name: word, args: object, id: word }, { requiredKeys: ["name"] }),
      thoughtSignature: signature,
    },
    { requiredKeys: ["functionCall"] },
  ),
  fc.record({
    functionResponse: fc.record(
      { name: word, response: object, id: word, willContinue: fc.boolean() },
      { requiredKeys: ["name"] },
    ),
  }),
  fc.record({ executableCode: fc.record({ language: fc.constant("PYTHON"), code: fc.string() }) }),
);
const content = fc.record(
  { role: fc.constantFrom("user", "model", "function"), parts: fc.array(part, { maxLength: 4 }), extra: value },
  { requiredKeys: ["parts"] },
);
const body = fc.record(
  {
    contents: fc.array(content, { minLength: 1, maxLength: 4 }),
    system_instruction: fc.record(
      { parts: fc.array(fc.record({ text: fc.string() })), role: word },
      { requiredKeys: ["parts"] },
    ),
    tools: fc.array(
      some({
        functionDeclarations: fc.array(
          fc.record({ name: word, description: fc.string(), parameters: object }, { requiredKeys: ["name"] }),
        ),
        googleSearch: object,
      }),
    ),
    toolConfig: some({
      functionCallingConfig: some({
        mode: fc.constantFrom("AUTO", "ANY", "NONE", "VALIDATED", "OTHER"),
        allowedFunctionNames: fc.array(word),
      }),
      retrievalConfig: object,
    }),
    generationConfig: some({
      temperature: fc.double({ min: 0, max: 2, noNaN: true }).map((made) => made + 0),
      max_output_tokens: fc.nat(),
      seed: fc.integer(),
      stopSequences: fc.array(fc.string()),
      responseMimeType: fc.constantFrom("application/json", "text/plain", "text/x.enum"),
      responseSchema: object,
      responseModalities: fc.array(fc.constantFrom("TEXT", "AUDIO", "VIDEO")),
      thinkingConfig: some({
        thinkingBudget: fc.integer({ min: -1 }),
        thinking_level: fc.constantFrom("LOW", "high", "ODD"),
        includeThoughts: fc.boolean(),
      }),
      speechConfig: fc.constant({ voiceConfig: { prebuiltVoiceConfig: { voiceName: "Kore" } } }),
    }),
    safetySettings: value,
    serviceTier: word,
  },
  { requiredKeys: ["contents"] },
);

describe("law 3", () => {
  it("holds for any request: decode then encode gives back the same JSON", () => {
    fc.assert(
      fc.property(body, (made) => {
        const sent = JSON.parse(JSON.stringify(made)) as JsonObject;
        expect(again(sent)).toEqual(sent);
      }),
      { numRuns: 200 },
    );
  });
});
