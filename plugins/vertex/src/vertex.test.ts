import { ParlanceError, type ProviderSettings } from "@parlance/sdk";
import { describe, expect, it } from "vitest";
import { countRequest } from "./count-request.js";
import { embedContent } from "./embed-content.js";
import plugin from "./index.js";
import { predict } from "./predict.js";

const wireOf = (settings: ProviderSettings["settings"], more: Partial<ProviderSettings> = {}) =>
  plugin.create({ name: "mine", settings, ...more }).wire;
const failureOf = (act: () => unknown): ParlanceError => {
  try {
    act();
  } catch (error) {
    return ParlanceError.from(error);
  }
  throw new Error("it worked");
};

describe("the vertex plugin", () => {
  it("speaks generateContent at the project's place, with a token for every call", () => {
    const place = "/v1beta1/projects/p/locations/us-central1/publishers/google/models/{model:segment}";
    expect(wireOf({ project: "p", location: "us-central1" })).toEqual({
      baseUrl: "https://us-central1-aiplatform.googleapis.com",
      headers: {},
      authorize: expect.any(Function),
      refused: expect.any(Function),
      chat: {
        dialect: "gemini",
        path: `${place}:generateContent`,
        streamPath: `${place}:streamGenerateContent?alt=sse`,
      },
      tokenCount: { path: `${place}:countTokens`, rewrite: countRequest },
      embeddings: { dialect: predict, path: `${place}:predict` },
    });
  });

  it.each([
    [undefined, "https://aiplatform.googleapis.com", "global"],
    ["global", "https://aiplatform.googleapis.com", "global"],
    ["eu", "https://aiplatform.eu.rep.googleapis.com", "eu"],
    ["europe-west4", "https://europe-west4-aiplatform.googleapis.com", "europe-west4"],
  ])("finds the address of the location %s", (location, baseUrl, named) => {
    const wire = wireOf({ project: "p", ...(location !== undefined && { location }) });
    expect(wire?.baseUrl).toBe(baseUrl);
    expect(wire?.chat?.path).toContain(`/locations/${named}/`);
  });

  it("takes any address and version, and vectors in another form", () => {
    const settings = { project: "p", version: "v1", embeddings: "embed_content" };
    const wire = wireOf(settings, { baseUrl: "http://127.0.0.1:9" });
    expect(wire?.baseUrl).toBe("http://127.0.0.1:9");
    expect(wire?.chat?.path).toMatch(/^\/v1\/projects\/p\/locations\/global\//);
    expect(wire?.embeddings).toMatchObject({ dialect: embedContent, path: expect.stringMatching(/:embedContent$/) });
  });

  it("calls Anthropic's models at their own paths", () => {
    const wire = wireOf({ project: "p", location: "us-east5", publisher: "anthropic" });
    const model = "/v1beta1/projects/p/locations/us-east5/publishers/anthropic/models/{model:segment}";
    expect(wire?.chat).toMatchObject({ path: `${model}:rawPredict`, streamPath: `${model}:streamRawPredict` });
    expect([wire?.embeddings, wire?.tokenCount]).toEqual([undefined, undefined]);
    const { traits } = plugin.create({ name: "mine", settings: { project: "p", publisher: "anthropic" } });
    expect(traits?.("claude-3-7-sonnet@20250219").maxOutputTokens).toBe(64_000);
    expect(plugin.create({ name: "mine", settings: { project: "p" } }).traits?.("gemini-2.5-pro").reasoning).toBe(
      "budget",
    );
  });

  it("with a key calls express mode, which has no projects", () => {
    const wire = wireOf({ location: "europe-west4" }, { apiKey: "express" });
    expect([wire?.baseUrl, wire?.headers, wire?.authorize]).toEqual([
      "https://aiplatform.googleapis.com",
      { "x-goog-api-key": "express" },
      undefined,
    ]);
    expect(wire?.chat?.path).toBe("/v1beta1/publishers/google/models/{model:segment}:generateContent");
  });

  it("takes the project of credentials, and asks for one where there is none", () => {
    expect(wireOf({ credentials: { type: "service_account", project_id: "theirs" } })?.chat?.path).toContain(
      "/theirs/",
    );
    expect(failureOf(() => wireOf({}))).toMatchObject({
      code: "invalid_request",
      facts: { field: "providers.mine.settings.project" },
    });
  });

  it("asks for counts with the parts of a request that lie open here", () => {
    const contents = [{ role: "user", parts: [{ text: "Hi" }] }];
    const whole = { model: "models/m", contents, tools: [], toolConfig: {}, safetySettings: [], systemInstruction: {} };
    const open = { contents, tools: [], systemInstruction: {} };
    expect(JSON.parse(countRequest(JSON.stringify({ generateContentRequest: whole })))).toEqual(open);
    expect(JSON.parse(countRequest(JSON.stringify(open)))).toEqual(open);
  });
});
