import { describe, expect, it } from "vitest";
import { BodyPieces } from "./read-answer.js";

describe("a body that comes piece by piece", () => {
  it("is put together in its order", () => {
    const body = new BodyPieces(6);
    for (const piece of ["ab", "cd", "ef"]) body.push(Buffer.from(piece));
    expect(body.whole().toString()).toBe("abcdef");
    expect(new BodyPieces().whole()).toHaveLength(0);
  });

  it("is refused as soon as it is larger than it may be", () => {
    const body = new BodyPieces(3);
    body.push(Buffer.from("abc"));
    expect(() => body.push(Buffer.from("d"))).toThrow(expect.objectContaining({ code: "malformed_answer" }));
  });
});
