import { describe, expect, it } from "vitest";
import { again } from "../../../test/support/gemini-requests.js";
import type { JsonObject } from "../../sdk/index.js";
import { gemini } from "./index.js";

const user = { role: "user", parts: [{ text: "Hi" }] };
const model = (...parts: JsonObject[]) => ({ role: "model", parts });
const call = (name: string) => ({ functionCall: { name, args: {} } });

const conversations: Record<string, JsonObject[]> = {
  "texts that go on": [model({ text: "a" }), model({ text: "\n" }), model({ text: "b" })],
  "calls one by one": [model({ text: "a" }), model(call("x")), model(call("y")), model({ text: "" })],
  "several parts each": [model({ text: "a" }, { text: "b" }), model({ text: "c" }, call("x")), model({ text: "d" })],
  "seals between": [
    model({ text: "a" }),
    model({ text: "b", thoughtSignature: "cw==" }),
    model({ text: "c" }),
    model({ text: "", thoughtSignature: "dA==" }),
  ],
  "thoughts before": [model({ text: "hm", thought: true }), model({ text: "a" }), model({ text: "b", thought: false })],
  "fields of their own": [model({ text: "a" }), { ...model({ text: "b" }), cool: 1 }, model({ text: "c" })],
  "nothing within": [model({ text: "a" }), model(), model({ text: "b" })],
};

describe("a turn of the model in several contents", () => {
  it.each(Object.entries(conversations))("comes back as it was: %s", (_name, contents) => {
    const body = { contents: [user, ...contents, user, ...contents] };
    expect(again(body)).toEqual(body);
  });

  it("is one message to everyone else", () => {
    const body = {
      contents: [user, model({ text: "a " }), model({ text: "\n" }), model({ text: "b" }, call("x")), model(call("y"))],
    };
    const { messages } = gemini.decodeRequest(JSON.stringify(body));
    expect(messages).toHaveLength(2);
    expect(messages[1]?.parts.map(({ kind }) => (kind.case === "text" ? kind.value.text : kind.case))).toEqual([
      "a \nb",
      "toolCall",
      "toolCall",
    ]);
  });
});
