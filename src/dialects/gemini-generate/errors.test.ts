import { describe, expect, it } from "vitest";
import { ERRORS, type ErrorCode, type JsonObject, ParlanceError } from "../../sdk/index.js";
import { gemini } from "./index.js";

const rpc = "type.googleapis.com/google.rpc.";
const decode = (status: number, error: object, headers: Record<string, string> = {}) =>
  gemini.decodeError(status, headers, Buffer.from(JSON.stringify({ error: { code: status, ...error } })));

describe("an error", () => {
  it("trap 89: of a wrong key is not the caller's, though it is told as a bad request", () => {
    const error = decode(400, {
      message: "API key not valid. Please pass a valid API key.",
      status: "INVALID_ARGUMENT",
      details: [{ "@type": `${rpc}ErrorInfo`, reason: "API_KEY_INVALID", domain: "googleapis.com" }],
    });
    expect(error).toMatchObject({ code: "provider_unauthenticated", facts: { providerCode: "API_KEY_INVALID" } });
    expect(error.facts.answer).toBeUndefined();
  });

  it("trap 89: of a limit says when to come again, in whichever place is later", () => {
    const details = [{ "@type": `${rpc}RetryInfo`, retryDelay: "34.4s" }];
    const limited = decode(429, { message: "quota", status: "RESOURCE_EXHAUSTED", details });
    expect(limited).toMatchObject({ code: "provider_rate_limited", facts: { retryAfterMs: 34_400 } });
    expect(decode(429, { message: "quota", details }, { "retry-after": "60" }).facts.retryAfterMs).toBe(60_000);
    expect(decode(429, { message: "quota" }).facts.retryAfterMs).toBeUndefined();
  });

  it("trap 89: is read in an array too, and is no less an error when it is no JSON", () => {
    const array = Buffer.from(
      JSON.stringify([{ error: { code: 404, message: "models/x is not found", status: "NOT_FOUND" } }]),
    );
    expect(gemini.decodeError(404, {}, array)).toMatchObject({
      code: "model_not_found",
      message: "models/x is not found",
    });
    expect(gemini.decodeError(502, {}, Buffer.from("<html>")).code).toBe("provider_error");
    expect(decode(503, { message: "The model is overloaded.", status: "UNAVAILABLE" }).code).toBe(
      "provider_overloaded",
    );
  });

  it("of the request names the field and keeps the answer as it came", () => {
    const details = [{ "@type": `${rpc}BadRequest`, fieldViolations: [{ field: "contents", description: "empty" }] }];
    const error = decode(400, { message: "contents is not specified", status: "INVALID_ARGUMENT", details });
    expect(error).toMatchObject({ code: "invalid_request", facts: { field: "contents" } });
    expect(error.facts.answer).toMatchObject({ dialect: "gemini", status: 400 });
    const long = decode(400, {
      message: "The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).",
    });
    expect(long.code).toBe("context_length_exceeded");
  });

  it.each(Object.keys(ERRORS) as ErrorCode[])("of ours is told as a status of Google's: %s", (code) => {
    const error = new ParlanceError(code, "why", { field: "contents", retryAfterMs: 1500 });
    const body = gemini.encodeError(error, "req1").error as JsonObject;
    expect(body).toMatchObject({ code: error.rule.http, message: "why", status: expect.stringMatching(/^[A-Z_]+$/) });
    expect(body.details).toEqual([
      { "@type": `${rpc}ErrorInfo`, reason: code.toUpperCase(), domain: "parlance" },
      { "@type": `${rpc}BadRequest`, fieldViolations: [{ field: "contents", description: "why" }] },
      { "@type": `${rpc}RetryInfo`, retryDelay: "1.5s" },
      { "@type": `${rpc}RequestInfo`, requestId: "req1" },
    ]);
  });
});
