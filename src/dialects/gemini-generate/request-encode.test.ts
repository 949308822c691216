import { describe, expect, it } from "vitest";
import {
  assistant,
  call,
  failure,
  paths,
  type PartInit,
  result,
  system,
  text,
  tool,
  user,
} from "../../../test/support/anthropic-requests.js";
import { encode } from "../../../test/support/gemini-requests.js";
import { LossKind, Role } from "../../sdk/index.js";

const PNG = Buffer.from("89504e470d0a1a0a", "hex");

describe("a conversation", () => {
  it("trap 73: has the roles user and model only, instructions in front, and neighbours of one role together", () => {
    const { body, losses } = encode({
      messages: [
        system(text("Be brief.")),
        { role: Role.DEVELOPER, parts: [text("Be kind.")] },
        user(text("a")),
        user(text("b")),
        assistant(text("c")),
        assistant(text("d")),
        user(text("e")),
      ],
    });
    expect(body.systemInstruction).toEqual({ parts: [{ text: "Be brief." }, { text: "Be kind." }] });
    expect(body.contents).toEqual([
      { role: "user", parts: [{ text: "a" }, { text: "b" }] },
      { role: "model", parts: [{ text: "c" }, { text: "d" }] },
      { role: "user", parts: [{ text: "e" }] },
    ]);
    expect(losses).toEqual([]);
  });

  it("keeps instructions that come later in their place, as the user's, and never between a call and its result", () => {
    const { body, losses } = encode({
      messages: [user(text("a")), assistant(call("1")), system(text("now in French")), tool(result("1"))],
    });
    expect(body.contents.map(({ role }) => role)).toEqual(["user", "model", "user"]);
    expect(body.contents[2]?.parts).toEqual([
      { functionResponse: { id: "1", name: "look", response: { result: "done" } } },
      { text: "now in French" },
    ]);
    expect(losses).toEqual([{ path: "messages[2].role", kind: LossKind.APPROXIMATED }]);
  });

  it("that is instructions only is sent as the user's words", () => {
    const { body, losses } = encode({ messages: [system(text("Say hi."))] });
    expect(body.contents).toEqual([{ role: "user", parts: [{ text: "Say hi." }] }]);
    expect(body.systemInstruction).toBeUndefined();
    expect(paths(losses)).toEqual(["messages[0].role"]);
  });

  it("trap 74: names the tool that a result is of, wraps what is no object, and keeps the order of the calls", () => {
    const { body } = encode({
      messages: [
        user(text("weather?")),
        assistant(call("1", '{"city":"Rome"}', "weather"), call("2", "{}", "time"), call("3", "{}", "mood")),
        tool(result("3", "fine"), result("2", '{"hour":12.0}')),
        tool(result("1", "[1]")),
      ],
    });
    expect(body.contents).toHaveLength(3);
    expect(body.contents[2]?.parts).toEqual([
      { functionResponse: { id: "1", name: "weather", response: { result: "[1]" } } },
      { functionResponse: { id: "2", name: "time", response: { hour: 12 } } },
      { functionResponse: { id: "3", name: "mood", response: { result: "fine" } } },
    ]);
  });

  it("trap 74: keeps the numbers of arguments and results as they were written", () => {
    const { text: written } = encode({
      messages: [
        user(text("a")),
        assistant(call("1", '{"n":12345678901234567890,"m":1.0}')),
        tool(result("1", '{"x":1.50}')),
      ],
    });
    expect(written).toContain('"args":{"n":12345678901234567890,"m":1.0}');
    expect(written).toContain('"response":{"x":1.50}');
  });

  it("trap 74: refuses a result whose call nobody knows, and arguments that are no object", () => {
    const lost = failure(() => encode({ messages: [user(text("a")), tool(result("9"))] }));
    expect(lost).toMatchObject({ code: "invalid_request" });
    expect(lost.facts.field).toBe("messages[1].parts[0].tool_result.tool_call_id");
    const bad = failure(() => encode({ messages: [assistant(call("1", "[]"))] }));
    expect(bad.facts.field).toBe("messages[0].parts[0].tool_call.arguments");
  });

  it("tells a tool's failure under `error`, its pictures beside it, and one result for each call", () => {
    const picture: PartInit = { kind: { case: "image", value: { source: { case: "data", value: PNG } } } };
    const failed: PartInit = {
      kind: {
        case: "toolResult",
        value: { toolCallId: "1", isError: true, content: [text("broken"), picture] as never[] },
      },
    };
    const { body, losses } = encode({ messages: [assistant(call("1")), tool(failed, result("1"))] });
    expect(body.contents[1]?.parts).toEqual([
      {
        functionResponse: {
          id: "1",
          name: "look",
          response: { error: "broken" },
          parts: [{ inlineData: { mimeType: "image/png", data: PNG.toString("base64") } }],
        },
      },
    ]);
    expect(paths(losses)).toEqual(["messages[1].parts[1]"]);
  });

  it("trap 75: does not send ids that were made for calls without one", () => {
    const { body } = encode({
      messages: [
        assistant(call("gemini_call_ab_0"), call("gemini_call_ab_1")),
        tool(result("gemini_call_ab_1"), result("gemini_call_ab_0")),
      ],
    });
    for (const { parts } of body.contents) {
      for (const part of parts)
        expect(Object.keys((part.functionCall ?? part.functionResponse) as object)).not.toContain("id");
    }
  });

  it("trap 78: sends seals on the part after them, and a word in place of one for calls of other models", () => {
    const seal: PartInit = {
      kind: { case: "reasoning", value: { text: "", signature: "c2VhbA==", dialect: "gemini" } },
    };
    const signed = encode({ messages: [assistant(seal, call("1"), call("2"))] }).body.contents[0]?.parts;
    expect(signed?.map((part) => part.thoughtSignature)).toEqual(["c2VhbA==", undefined]);
    const foreign = encode({ messages: [assistant(text("let me see"), call("1"), call("2"))] }).body.contents[0]?.parts;
    expect(foreign?.map((part) => part.thoughtSignature)).toEqual([
      undefined,
      "skip_thought_signature_validator",
      undefined,
    ]);
    const older = encode({ messages: [assistant(call("1"))] }, { reasoning: "budget" }).body.contents[0]?.parts;
    expect(older?.[0]).not.toHaveProperty("thoughtSignature");
    const last = encode({ messages: [assistant(text("hi"), seal)] }).body.contents[0]?.parts;
    expect(last).toEqual([{ text: "hi" }, { text: "", thoughtSignature: "c2VhbA==" }]);
  });

  it("trap 78: takes the seal of a call from where clients of Google's other wire keep it", () => {
    const extra = { "openai-chat": { extra_content: { google: { thought_signature: "c2VhbA==" } } } };
    const { body, losses } = encode({ messages: [assistant({ ...call("1"), extensions: extra })] });
    expect(body.contents[0]?.parts[0]?.thoughtSignature).toBe("c2VhbA==");
    expect(losses).toEqual([]);
  });

  it("trap 35: leaves out the reasoning of other providers and says so", () => {
    const thought: PartInit = {
      kind: { case: "reasoning", value: { text: "hm", signature: "x", dialect: "anthropic-messages" } },
    };
    const { body, losses } = encode({ messages: [assistant(thought, text("hi"))] });
    expect(body.contents).toEqual([{ role: "model", parts: [{ text: "hi" }] }]);
    expect(paths(losses)).toEqual(["messages[0].parts[0]"]);
  });

  it("trap 88: sends media with their types, and files only to the provider that holds them", () => {
    const image = (source: object, more: object = {}): PartInit =>
      ({ kind: { case: "image", value: { source, ...more } } }) as PartInit;
    const { body, losses } = encode({
      messages: [
        user(
          image({ case: "url", value: `data:image/jpg;base64,${PNG.toString("base64")}` }),
          image({ case: "url", value: "https://x.test/a.webp?size=1" }),
          image({ case: "url", value: "https://x.test/a" }, { detail: "high" }),
          image({ case: "fileId", value: "https://generativelanguage.googleapis.com/v1beta/files/abc" }),
          { kind: { case: "audio", value: { source: { case: "data", value: PNG }, format: "mp3" } } },
          { kind: { case: "file", value: { source: { case: "text", value: "words" }, filename: "a.txt" } } },
        ),
      ],
    });
    expect(body.contents[0]?.parts).toEqual([
      { inlineData: { mimeType: "image/jpeg", data: PNG.toString("base64") } },
      { fileData: { fileUri: "https://x.test/a.webp?size=1", mimeType: "image/webp" } },
      { fileData: { fileUri: "https://x.test/a", mimeType: "image/jpeg" } },
      { fileData: { fileUri: "https://generativelanguage.googleapis.com/v1beta/files/abc" } },
      { inlineData: { mimeType: "audio/mp3", data: PNG.toString("base64") } },
      { inlineData: { mimeType: "text/plain", data: Buffer.from("words").toString("base64") } },
    ]);
    expect(paths(losses)).toEqual([
      "messages[0].parts[2].image.detail",
      "messages[0].parts[2].image.url",
      "messages[0].parts[5].file.filename",
    ]);
    const elsewhere = failure(() => encode({ messages: [user(image({ case: "fileId", value: "file-abc" }))] }));
    expect(elsewhere.facts.field).toBe("messages[0].parts[0].image.file_id");
  });
});
