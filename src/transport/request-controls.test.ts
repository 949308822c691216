import { describe, expect, it } from "vitest";
import { ParlanceError, type RoutingHints } from "../sdk/index.js";
import { readControls } from "./request-controls.js";
import { readRoutingHints } from "./routing-hints.js";

const nothing = { strict: false, routing: undefined };

/** Headers as Node gives them, with their names spelled as clients spell them. */
function sent(headers: Record<string, string>) {
  return {
    headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value])),
    rawHeaders: Object.entries(headers).flat(),
  };
}

function read(headers: Record<string, string>, routing?: RoutingHints) {
  return readControls(sent(headers), { strict: false, routing });
}

function refusalOf(headers: Record<string, string>, routing?: RoutingHints): ParlanceError {
  try {
    read(headers, routing);
  } catch (thrown) {
    if (ParlanceError.is(thrown)) return thrown;
    throw thrown;
  }
  throw new Error("it was read");
}

const EVERY = {
  "X-Parlance-Strategy": "weighted",
  "x-parlance-providers": "a, b",
  "x-parlance-exclude-providers": "c",
  "x-parlance-fallbacks": "one,b/two",
  "x-parlance-context-fallbacks": "long",
  "x-parlance-content-fallbacks": "frank",
  "x-parlance-timeout": "1m30s",
  "x-parlance-tags": "eu, gdpr",
  "x-parlance-region": "eu-west-1",
  "x-parlance-sticky-key": "session 7",
  "x-parlance-max-attempts": "3",
  "x-parlance-on-cut": "continue",
};
const SAME = {
  strategy: "weighted",
  preferred_providers: ["a", "b"],
  exclude_providers: ["c"],
  fallbacks: ["one", "b/two"],
  context_fallbacks: ["long"],
  content_fallbacks: ["frank"],
  timeout: 90_000,
  tags: ["eu", "gdpr"],
  region: "eu-west-1",
  sticky_key: "session 7",
  max_attempts: 3,
  on_cut: "continue",
};

describe("the wishes of a request", () => {
  it("are the same in headers and in the object routing", () => {
    expect(read(EVERY).routing).toEqual(readRoutingHints(SAME, "routing"));
  });

  it("may be said in both where both say the same", () => {
    const said = readRoutingHints(SAME, "routing");
    expect(read(EVERY, said).routing).toEqual(readRoutingHints(SAME, "routing"));
  });

  it("add up where each says another", () => {
    const said = readRoutingHints({ region: "eu" }, "routing");
    expect(read({ "x-parlance-tags": "t" }, said).routing).toMatchObject({ region: "eu", tags: ["t"] });
  });

  it.each([
    [{ "x-parlance-strategy": "cheapest" }, { strategy: "weighted" }],
    [{ "x-parlance-providers": "b, a" }, { preferred_providers: ["a", "b"] }],
    [{ "x-parlance-timeout": "2s" }, { timeout: "3s" }],
    [{ "x-parlance-max-attempts": "2" }, { max_attempts: 3 }],
  ])("are refused where header and body differ: %j and %j", (headers, said) => {
    const [header] = Object.keys(headers) as [string];
    const [member] = Object.keys(said) as [string];
    const refusal = refusalOf(headers, readRoutingHints(said, "routing"));
    expect(refusal).toMatchObject({ code: "invalid_request", facts: { field: header } });
    expect(refusal.message).toContain(`routing.${member}`);
  });

  it.each([
    ["x-parlance-strategy", ""],
    ["x-parlance-timeout", "soon"],
    ["x-parlance-timeout", "0"],
    ["x-parlance-max-attempts", "0"],
    ["x-parlance-max-attempts", "1.5"],
    ["x-parlance-max-attempts", "99999999999"],
    ["x-parlance-explain", "yes"],
    ["x-parlance-strict", "1"],
    ["x-parlance-record", "footnote"],
  ])("are refused by the header's name where it cannot be read: %s: %s", (name, value) => {
    const refusal = refusalOf({ [name]: value });
    expect(refusal).toMatchObject({ code: "invalid_request", facts: { field: name } });
    expect(refusal.message).toContain(name);
  });

  it.each([
    ["x-parlance-exclude-provider", "Did you mean x-parlance-exclude-providers?"],
    ["X-Parlance-Provider", "Did you mean x-parlance-providers?"],
    ["x-parlance-colour", "There are x-parlance-strategy,"],
  ])("are refused where there is no header of the name, so that none is passed over: %s", (name, hint) => {
    const refusal = refusalOf({ [name]: "a", "x-parlance-tags": "t" });
    expect(refusal).toMatchObject({ code: "invalid_request", facts: { field: name.toLowerCase() } });
    expect(refusal.message).toContain(hint);
    expect(readControls(sent({ [name]: "a" }), nothing, name.toLowerCase()).routing).toBeUndefined();
    expect(read({ "x-parlance-request-id": "req_1" }).routing).toBeUndefined();
  });

  it("are none where no header is the gateway's, however much it looks like one", () => {
    const { caller: _, ...read_ } = read({ "x-parlance": "a", "y-parlance-strategy": "b", "x-p": "c", accept: "*/*" });
    expect(read_).toEqual({
      strict: false,
      routing: undefined,
      timeoutMs: undefined,
      answerWithinMs: undefined,
      patienceMs: undefined,
      record: undefined,
      explains: false,
    });
  });

  it("leave the strictness of the body as it is", () => {
    expect(readControls(sent({ "x-parlance-strict": "false" }), { ...nothing, strict: true }).strict).toBe(true);
    expect(readControls(sent({ "x-parlance-strict": "true" }), nothing).strict).toBe(true);
  });
});

describe("the timeout that a vendor's SDK tells", () => {
  it.each([
    // JavaScript cuts it to whole seconds, so that the last second may be the client's.
    ["x-stainless-timeout", "600", { answerWithinMs: 601_000, timeoutMs: undefined, patienceMs: 450_000 }],
    ["x-stainless-timeout", "2.5", { answerWithinMs: 2500, timeoutMs: undefined, patienceMs: 1875 }],
    ["x-stainless-timeout", "0", { answerWithinMs: undefined, timeoutMs: undefined, patienceMs: undefined }],
    ["x-stainless-timeout", "NOT_GIVEN", { answerWithinMs: undefined, timeoutMs: undefined }],
    ["x-stainless-timeout", "NaN", { answerWithinMs: undefined, timeoutMs: undefined }],
    ["x-stainless-timeout", "-1", { answerWithinMs: undefined, timeoutMs: undefined }],
    ["x-server-timeout", "30", { answerWithinMs: undefined, timeoutMs: 30_000, patienceMs: 21_750 }],
    ["x-server-timeout", "1", { answerWithinMs: undefined, timeoutMs: 1000, patienceMs: undefined }],
  ])("is read as it is meant: %s: %s", (name, value, meant) => {
    expect(read({ [name]: value })).toMatchObject(meant);
  });
});

describe("the caller", () => {
  const keyOf = (headers: Record<string, string>): string | undefined => read(headers).caller.key;

  it("is known by a credential whichever header it comes in, and not by what it is", () => {
    const key = keyOf({ authorization: "Bearer sk-one-and-only" });
    expect(key).toMatch(/^[\w-]{16}$/);
    expect(keyOf({ "x-api-key": "sk-one-and-only" })).toBe(key);
    expect(keyOf({ "x-goog-api-key": "sk-one-and-only" })).toBe(key);
    expect(keyOf({ "api-key": "sk-one-and-only" })).toBe(key);
    expect(keyOf({ authorization: "Bearer sk-another" })).not.toBe(key);
    expect(keyOf({ accept: "*/*" })).toBeUndefined();
  });

  it("is known by the same key however many others have come since", () => {
    const key = keyOf({ authorization: "Bearer first" });
    for (let i = 0; i < 12_000; i += 1) keyOf({ authorization: `Bearer ${i}` });
    expect(keyOf({ authorization: "Bearer first" })).toBe(key);
  });

  it("tells a header by its name in lower case", () => {
    expect(read({ "X-Team": "blue" }).caller.header("x-team")).toBe("blue");
    expect(read({}).caller.header("x-team")).toBeUndefined();
  });
});
