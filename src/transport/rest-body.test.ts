import { describe, expect, it } from "vitest";
import { failure } from "../../test/support/anthropic-requests.js";
import { readRestBody } from "./rest-body.js";

const read = (text: string, ...addressed: [] | [{ model: string; stream: boolean }]) =>
  readRestBody(Buffer.from(text), ...addressed);

describe("a body at a REST door", () => {
  it("tells the model, the wish for a stream, and strictness", () => {
    expect(read('{"model":"m","stream":true,"parlance":{"strict":true}}')).toMatchObject({
      model: "m",
      stream: true,
      strict: true,
    });
    expect(read('{"model":"m","stream":null}')).toMatchObject({ model: "m", stream: false, strict: false });
  });

  it("is not asked for what the path has said", () => {
    const addressed = { model: "of the path", stream: true };
    expect(read('{"contents":[],"parlance":{"strict":true}}', addressed)).toMatchObject({ ...addressed, strict: true });
    expect(read('{"model":"other","stream":"x"}', addressed)).toMatchObject(addressed);
  });

  it.each([
    ["{}", "model"],
    ['{"model":""}', "model"],
    ['{"model":"m","stream":"yes"}', "stream"],
    ['{"model":"m","parlance":1}', "parlance"],
    ['{"model":"m","parlance":{"strict":1}}', "parlance.strict"],
    ["", undefined],
    ["[]", undefined],
  ])("is refused with the field at fault: %s", (text, field) => {
    const error = failure(() => read(text));
    expect(error.code).toBe("invalid_request");
    expect(error.facts.field).toBe(field);
  });
});

describe("the member routing of a REST body", () => {
  const routingOf = (text: string, ...addressed: [] | [{ model: string; stream: boolean }]) => {
    const { bytes, members, routing } = read(text, ...addressed);
    return { text: bytes.toString("utf8"), names: [...members.byName.keys()], routing };
  };

  it("is read, and cut out of the bytes that a provider may see", () => {
    expect(
      routingOf(
        '{"model":"m", "routing" : {"strategy":"priority","preferred_providers":["a"],"timeout":"1m30s"} ,"x":1.0}',
      ),
    ).toMatchObject({
      text: '{"model":"m","x":1.0}',
      names: ["model", "x"],
      routing: { strategy: "priority", preferredProviders: ["a"], timeout: { seconds: 90n, nanos: 0 } },
    });
  });

  it("is found in any spelling, however often, and where the path tells the model", () => {
    const addressed = { model: "m", stream: false };
    expect(
      routingOf('{"\\u0072outing":{"timeout":1500},"contents":[],"routing":{"fallbacks":["b"]}}', addressed),
    ).toMatchObject({
      text: '{"contents":[]}',
      routing: { fallbacks: ["b"] },
    });
  });

  it("may stand in the member parlance too, but not in both", () => {
    const { text, routing } = routingOf('{"parlance":{"strict":true,"routing":{"timeout":250}},"model":"m"}');
    expect(text).toBe('{"parlance":{"strict":true},"model":"m"}');
    expect(routing?.timeout).toMatchObject({ seconds: 0n, nanos: 250_000_000 });
    const error = failure(() => read('{"model":"m","routing":{},"parlance":{"routing":{}}}'));
    expect(error.facts.field).toBe("parlance.routing");
  });

  it("says nothing where it is null", () => {
    expect(routingOf('{"model":"m","routing":null}')).toEqual({
      text: '{"model":"m"}',
      names: ["model"],
      routing: undefined,
    });
  });

  it("costs a body without it nothing: the bytes are the ones that came", () => {
    const bytes = Buffer.from('{"model":"m","messages":[{"role":"user","content":"routing"}]}');
    expect(readRestBody(bytes).bytes).toBe(bytes);
  });

  it.each([
    ["routing", 1],
    ["routing", ["a"]],
    ["routing.strategy", { strategy: 1 }],
    ["routing.strategi", { strategi: "priority" }],
    ["routing.preferred_providers", { preferred_providers: "a" }],
    ["routing.exclude_providers[1]", { exclude_providers: ["a", 2] }],
    ["routing.fallbacks[0]", { fallbacks: [""] }],
    ["routing.timeout", { timeout: "soon" }],
    ["routing.timeout", { timeout: 0 }],
    ["routing.timeout", { timeout: -5 }],
    ["routing.timeout", { timeout: 1e12 }],
    ["routing.timeout", { timeout: [] }],
  ])("is refused with the field at fault: %s of %j", (field, routing) => {
    const error = failure(() => read(JSON.stringify({ model: "m", routing })));
    expect(error.code).toBe("invalid_request");
    expect(error.facts.field).toBe(field);
  });
});
