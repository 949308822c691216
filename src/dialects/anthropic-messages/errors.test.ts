import { describe, expect, it } from "vitest";
import { ParlanceError, skim } from "../../sdk/index.js";
import { anthropicMessages } from "./index.js";

const refused = (status: number, type: string, message: string, headers = {}) =>
  anthropicMessages.decodeError(
    status,
    { "content-type": "application/json", ...headers },
    Buffer.from(JSON.stringify({ type: "error", error: { type, message }, request_id: "req_1" })),
  );

describe("errors", () => {
  it.each([
    [400, "invalid_request_error", "messages: at least one message is required", "invalid_request", true],
    [
      400,
      "invalid_request_error",
      "prompt is too long: 210000 tokens > 200000 maximum",
      "context_length_exceeded",
      true,
    ],
    [401, "authentication_error", "invalid x-api-key", "provider_unauthenticated", false],
    [403, "permission_error", "no", "provider_unauthenticated", false],
    [404, "not_found_error", "model: claude-9", "model_not_found", true],
    [413, "request_too_large", "Request exceeds the maximum size", "request_too_large", true],
    [429, "rate_limit_error", "slow down", "provider_rate_limited", false],
    [500, "api_error", "oops", "provider_error", false],
    [529, "overloaded_error", "Overloaded", "provider_overloaded", false],
  ])("a refusal with %i %s (%s) is %s", (status, type, message, code, kept) => {
    const error = refused(status, type, message);
    expect(error.code).toBe(code);
    expect(error.facts).toMatchObject({ providerStatus: status, providerType: type });
    expect(error.facts.answer?.dialect).toBe(kept ? "anthropic-messages" : undefined);
  });

  it("keep how long to wait, and read bodies that are no JSON", () => {
    expect(refused(429, "rate_limit_error", "x", { "retry-after": "7" }).facts.retryAfterMs).toBe(7000);
    expect(anthropicMessages.decodeError(502, {}, Buffer.from("<html>")).code).toBe("provider_error");
  });

  it.each([
    ["invalid_request", "invalid_request_error"],
    ["context_length_exceeded", "invalid_request_error"],
    ["unauthenticated", "authentication_error"],
    ["permission_denied", "permission_error"],
    ["model_not_found", "not_found_error"],
    ["request_too_large", "request_too_large"],
    ["rate_limited", "rate_limit_error"],
    ["internal", "api_error"],
    ["deadline_exceeded", "timeout_error"],
    ["provider_overloaded", "overloaded_error"],
    ["provider_unauthenticated", "api_error"],
  ] as const)("trap 66: %s is written as %s, in the one shape that clients read", (code, type) => {
    expect(anthropicMessages.encodeError(new ParlanceError(code, "why"), "req_1")).toEqual({
      type: "error",
      error: { type, message: "why" },
      request_id: "req_1",
    });
  });
});

describe("the caller's body for a target of the same dialect", () => {
  const splice = (text: string, model = "new"): string => {
    const bytes = Buffer.from(text);
    return anthropicMessages.spliceRequest(bytes, skim(bytes), { model, stream: true }).toString();
  };

  it("changes in nothing but the model's name", () => {
    expect(splice('{ "model" : "old", "n": 1.0, "x": "\\u00e9" }')).toBe(
      '{ "model" : "new", "n": 1.0, "x": "\\u00e9" }',
    );
  });

  it("is the same buffer when the name is right already", () => {
    const bytes = Buffer.from('{"model":"new","stream":true}');
    expect(anthropicMessages.spliceRequest(bytes, skim(bytes), { model: "new", stream: true })).toBe(bytes);
    expect(anthropicMessages.asksForUsage(bytes, skim(bytes))).toBe(true);
  });

  it.each([
    ['{"parlance":{"strict":true},"model":"new"}', '{"model":"new"}'],
    ['{"model":"new", "parlance" : {"a":"}"} ,"b":1}', '{"model":"new" ,"b":1}'],
    ['{"model":"old","parlance":{}}', '{"model":"new"}'],
    ['{"parlance":{}, "model":"old"}', '{ "model":"new"}'],
    ['{"messages":[]}', '{"model":"new","messages":[]}'],
  ])("loses the gateway's own member: %s", (from, to) => {
    expect(splice(from)).toBe(to);
  });
});
