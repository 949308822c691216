import { describe, expect, it } from "vitest";
import { ownFields, tellForeignFields, tellHomelessFields } from "./foreign-fields.js";
import { Losses } from "./losses.js";

const noun = { extensions: { mine: { a: 1, $form: { b: 2 } }, other: { c: 3, d: null, $form: {} } } };

describe("the fields of dialects in a noun", () => {
  it("are told as losses where another dialect keeps them, notes and nulls left out", () => {
    const losses = new Losses();
    tellForeignFields(noun, "messages[0]", "mine", losses);
    tellForeignFields({}, "", "mine", losses);
    expect(losses.list.map(({ path }) => path)).toEqual(["messages[0].extensions.other.c"]);
  });

  it("are read where the target's own dialect keeps them", () => {
    expect(ownFields(noun, "mine")).toEqual({ a: 1 });
    expect(ownFields({}, "mine")).toEqual({});
  });

  it("are told where the wire has no object for them", () => {
    const losses = new Losses();
    tellHomelessFields(noun, "", "mine", losses);
    expect(losses.list.map(({ path }) => path)).toEqual(["extensions.mine.a"]);
  });
});
