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
