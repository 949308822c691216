import { describe, expect, test } from "vitest";
import { ParlanceError, retryAfterMs } from "../../sdk/index.js";
import { decodeError, encodeError, errorFromBody } from "./index.js";

const decode = (status: number, body: unknown, headers: Record<string, string> = {}) =>
  decodeError("openai-chat", status, headers, Buffer.from(typeof body === "string" ? body : JSON.stringify(body)));
const wire = (error: ParlanceError) => encodeError(error, "").error as Record<string, unknown>;

describe("errors of providers", () => {
  test.each([
    ["Mistral's detail", { detail: "no such thing" }, "no such thing", undefined],
    ["object: error", { object: "error", message: "bad id", type: "t", code: "3280" }, "bad id", "3280"],
    ["a bare string", { code: "invalid-argument", error: "words" }, "words", "invalid-argument"],
    ["id and message", { id: "1", message: "words" }, "words", undefined],
    ["a code that is a number", { error: { message: "words", code: 422 } }, "words", "422"],
    ["an array", [{ error: { message: "words", code: 400, status: "INVALID_ARGUMENT" } }], "words", "400"],
    ["a page of a proxy", "<html><head><title>502 Bad Gateway</title></head></html>", "502 Bad Gateway", undefined],
  ])("trap 120: %s is read", (_, body, message, code) => {
    const error = decode(400, body);
    expect(error.message).toBe(message);
    expect(error.facts.providerCode).toBe(code);
    const out = wire(error);
    expect(out.code === null || typeof out.code === "string").toBe(true);
    expect(Object.keys(out)).toEqual(expect.arrayContaining(["message", "type", "param", "code"]));
  });

  test("trap 120: a list of validation errors names its field", () => {
    const error = decode(422, {
      detail: [{ loc: ["body", "messages", 0, "role"], msg: "field required", type: "missing" }],
    });
    expect([error.code, error.message, error.facts.field]).toEqual([
      "invalid_request",
      "field required",
      "messages[0].role",
    ]);
  });

  test("trap 103: the longer of the two waits counts", () => {
    expect(retryAfterMs({ "retry-after-ms": "0", "retry-after": "1" }, 429)).toBe(1000);
    expect(retryAfterMs({ "retry-after-ms": "2500" }, 429)).toBe(2500);
    expect(
      retryAfterMs({ "retry-after": "Wed, 21 Oct 2026 07:28:10 GMT", date: "Wed, 21 Oct 2026 07:28:00 GMT" }, 429),
    ).toBe(10_000);
    expect(retryAfterMs({ "retry-after": "soon" }, 429)).toBeUndefined();
    expect(decode(429, {}, { "retry-after": "3" }).facts.retryAfterMs).toBe(3000);
  });

  test("trap 101: a filtered prompt is the caller's, keeps its answer and is not tried elsewhere", () => {
    const error = decode(400, {
      error: { message: "filtered", type: null, param: "prompt", code: "content_filter", innererror: { code: "x" } },
    });
    expect(error.code).toBe("content_filtered");
    expect(error.rule.next).toBe(false);
    expect(wire(error)).toMatchObject({ code: "content_filter", param: "prompt" });
    expect(error.facts.answer?.body.toString()).toContain("innererror");
  });

  test.each([
    "This model's maximum context length is 128000 tokens.",
    "prompt is too long: 3333404 tokens > 200000 maximum",
    "too many tokens: size limit exceeded by 25836 tokens.",
    "The input token count (1250074) exceeds the maximum number of tokens allowed (1048576).",
    "Your input exceeds the context window of this model.",
  ])("trap 151: %s is the context length in every dialect", (message) => {
    const error = decode(400, { error: { message, code: null } });
    expect(error.code).toBe("context_length_exceeded");
    expect(wire(error)).toMatchObject({ message, type: "invalid_request_error", code: "context_length_exceeded" });
  });

  test("trap 151: a refused credential of ours is not the caller's, and is not quoted", () => {
    for (const status of [401, 403, 400]) {
      const error = decode(status, {
        error: { message: "Incorrect API key provided: sk-abcdef. Look.", code: "invalid_api_key" },
      });
      expect(error.code).toBe("provider_unauthenticated");
      expect(error.rule.http).toBe(502);
      expect(error.message).not.toContain("sk-abcdef");
      expect(error.facts.answer).toBeUndefined();
    }
  });

  test("trap 151: statuses mean the same whoever sends them", () => {
    const codes = [404, 408, 413, 422, 429, 500, 503, 504, 529].map(
      (status) => decode(status, { error: { message: "words" } }).code,
    );
    expect(codes).toEqual([
      "not_found",
      "provider_timeout",
      "request_too_large",
      "invalid_request",
      "provider_rate_limited",
      "provider_error",
      "provider_overloaded",
      "provider_timeout",
      "provider_overloaded",
    ]);
    expect(decode(404, { error: { message: "The model `x` does not exist", code: "model_not_found" } }).code).toBe(
      "model_not_found",
    );
  });

  test("trap 152: an empty budget and a passing limit are told apart", () => {
    expect(wire(new ParlanceError("budget_exceeded", "m"))).toMatchObject({
      type: "insufficient_quota",
      code: "insufficient_quota",
    });
    expect(wire(new ParlanceError("rate_limited", "m"))).toMatchObject({
      type: "rate_limit_error",
      code: "rate_limit_exceeded",
    });
    expect(decode(429, { error: { message: "m", code: "insufficient_quota" } }).facts.providerCode).toBe(
      "insufficient_quota",
    );
  });

  test("trap 119: an error inside a stream is read with its own status", () => {
    expect(errorFromBody({ error: { message: "m", code: "tool_use_failed", status_code: 400 } }).code).toBe(
      "invalid_request",
    );
    expect(errorFromBody({ error: { message: "m", code: 429 } }).code).toBe("provider_rate_limited");
    expect(errorFromBody({ error: { message: "m", type: "overloaded_error" } }).code).toBe("provider_overloaded");
    expect(errorFromBody({ error: { message: "m" } }).code).toBe("provider_error");
  });

  test("what only the gateway knows is told beside the error", () => {
    const error = new ParlanceError("no_healthy_target", "m", {
      provider: "p",
      attempts: [{ target: "p/m", code: "provider_timeout", message: "late" }],
    });
    expect(encodeError(error, "req-1")).toEqual({
      error: {
        message: "m",
        type: "api_error",
        param: null,
        code: "no_healthy_target",
        parlance: {
          request_id: "req-1",
          provider: "p",
          attempts: [{ target: "p/m", code: "provider_timeout", message: "late" }],
        },
      },
    });
  });
});
