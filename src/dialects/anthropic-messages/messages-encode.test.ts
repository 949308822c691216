import { describe, expect, it } from "vitest";
import {
  assistant,
  call,
  encode,
  failure,
  look,
  type PartInit,
  paths,
  result,
  system,
  text,
  tool,
  user,
} from "../../../test/support/anthropic-requests.js";
import { type JsonObject, Role } from "../../sdk/index.js";

describe("a conversation on its way to the wire", () => {
  it("trap 01: leading system and developer messages become system, as ordered blocks with their breakpoints", () => {
    const { body } = encode({
      messages: [system(text("one", { cache: {} })), { role: Role.DEVELOPER, parts: [text("two")] }, user(text("hi"))],
    });
    expect(body.system).toEqual([
      { type: "text", text: "one", cache_control: { type: "ephemeral" } },
      { type: "text", text: "two" },
    ]);
    expect(body.messages).toEqual([{ role: "user", content: "hi" }]);
  });

  it("trap 02: a system message in the conversation keeps its place, inline where the model takes one", () => {
    const messages = [user(text("a")), assistant(text("b")), user(text("c")), system(text("rule"))];
    expect(encode({ messages }).body).toMatchObject({
      messages: [{}, {}, { role: "user", content: "c" }, { role: "system", content: "rule" }],
    });
    const older = encode({ messages }, { systemInConversation: false });
    expect(older.body.messages).toHaveLength(4);
    expect((older.body.messages as JsonObject[])[3]).toEqual({ role: "user", content: "rule" });
    expect(older.body.system).toBeUndefined();
    expect(older.losses).toEqual([{ path: "messages[3].role", kind: 2 }]);
  });

  it("trap 02: nothing of the application comes between a call and its result", () => {
    const messages = [user(text("a")), assistant(call("1")), system(text("rule")), tool(result("1"))];
    const { body } = encode({ messages, tools: [look] }, { systemInConversation: false });
    expect((body.messages as JsonObject[])[2]).toMatchObject({
      role: "user",
      content: [{ type: "tool_result" }, { type: "text", text: "rule" }],
    });
  });

  it("trap 03: tool messages after one turn become one user message with the results in order", () => {
    const { body } = encode({
      messages: [user(text("a")), assistant(call("1"), call("2")), tool(result("1")), tool(result("2", "also"))],
    });
    expect(body.messages).toHaveLength(3);
    expect((body.messages as JsonObject[])[2]).toEqual({
      role: "user",
      content: [
        { type: "tool_result", tool_use_id: "1", content: "done" },
        { type: "tool_result", tool_use_id: "2", content: "also" },
      ],
    });
  });

  it("trap 04: the user's words after results join their turn, behind every result", () => {
    const { body } = encode({
      messages: [user(text("a")), assistant(call("1")), tool(result("1")), user(text("and now?"))],
    });
    expect((body.messages as JsonObject[])[2]).toEqual({
      role: "user",
      content: [
        { type: "tool_result", tool_use_id: "1", content: "done" },
        { type: "text", text: "and now?" },
      ],
    });
    const mixed = encode({ messages: [assistant(call("1")), user(text("first"), result("1"))] });
    expect((mixed.body.messages as JsonObject[])[1]).toMatchObject({
      content: [{ type: "tool_result" }, { type: "text" }],
    });
  });

  it("trap 05: messages of the same role that follow each other stay apart, for the provider joins them", () => {
    const { body } = encode({ messages: [user(text("a")), user(text("b"))] });
    expect(body.messages).toEqual([
      { role: "user", content: "a" },
      { role: "user", content: "b" },
    ]);
  });

  it("trap 06: a second result for the same call is a loss, and in strict mode an error", () => {
    const messages = [assistant(call("1")), tool(result("1", "first")), tool(result("1", "second"))];
    const { body, losses } = encode({ messages });
    expect((body.messages as JsonObject[])[1]).toMatchObject({ content: [{ content: "first" }] });
    expect(paths(losses)).toEqual(["messages[2].parts[0]"]);
    expect(failure(() => encode({ messages }, {}, true)).code).toBe("unsupported");
  });

  it("trap 07: an empty text leaves no block, and a message in which nothing is said is told", () => {
    const { body } = encode({ messages: [user(text("a")), assistant(text(""), call("1")), tool(result("1"))] });
    expect((body.messages as JsonObject[])[1]).toEqual({
      role: "assistant",
      content: [{ type: "tool_use", id: "1", name: "look", input: {} }],
    });
    const said = { ...assistant(), extensions: { "openai-chat": { $form: { content: "" } } } };
    const empty = encode({ messages: [user(text("a")), said, user(text("b"))] });
    expect(empty.body.messages).toHaveLength(2);
    expect(paths(empty.losses)).toEqual(["messages[1]"]);
  });

  it("trap 08: a last message of the assistant loses its trailing white space, and is refused where none is continued", () => {
    const messages = [user(text("a")), assistant(text("So: \n"))];
    const older = encode({ messages }, { prefill: true });
    expect((older.body.messages as JsonObject[])[1]).toEqual({ role: "assistant", content: "So:" });
    expect(paths(older.losses)).toEqual(["messages[1].parts"]);
    const error = failure(() => encode({ messages }, { prefill: false }));
    expect([error.code, error.facts.field]).toEqual(["invalid_request", "messages[1]"]);
  });

  it("trap 09: arguments become an object, empty ones {}, and others than objects are refused by name", () => {
    const inputOf = (args: string) =>
      (
        (encode({ messages: [assistant(call("1", args)), tool(result("1"))] }).body.messages as JsonObject[])[0]
          ?.content as JsonObject[] | undefined
      )?.[0]?.input;
    expect(inputOf("")).toEqual({});
    expect(inputOf("  ")).toEqual({});
    expect(inputOf('{"a":[1]}')).toEqual({ a: [1] });
    for (const args of ["null", "[]", '"a"', "{", "1e999", "[1e5]"]) {
      const error = failure(() => inputOf(args));
      expect([args, error.code, error.facts.field]).toEqual([
        args,
        "invalid_request",
        "messages[0].parts[0].tool_call.arguments",
      ]);
    }
  });

  it("trap 10: ids outside of the alphabet are rewritten the same way for call and result, others stay", () => {
    const odd = ["functions.Bash:0", "functions.Bash_0", "a|b", "x".repeat(70)];
    const { body } = encode({
      messages: [assistant(...odd.map((id) => call(id))), tool(...odd.map((id) => result(id)))],
    });
    const [calls, results] = (body.messages as JsonObject[]).map(({ content }) => content as JsonObject[]);
    const ids = calls?.map(({ id }) => id as string) ?? [];
    expect(results?.map(({ tool_use_id: id }) => id)).toEqual(ids);
    for (const id of ids) expect(id).toMatch(/^[a-zA-Z0-9_-]{1,64}$/);
    expect(new Set(ids).size).toBe(odd.length);
    const kept = encode({ messages: [assistant(call("toolu_01A-b_c")), tool(result("toolu_01A-b_c"))] });
    expect(kept.text.match(/toolu_01A-b_c/g)).toHaveLength(2);
  });

  it("trap 24: a result may be text, parts with pictures, or nothing, which is no empty text", () => {
    const image: PartInit = {
      kind: { case: "image", value: { source: { case: "url", value: "https://a.example/b.png" } } },
    };
    const parts = [
      { kind: { case: "toolResult", value: { toolCallId: "1", content: [text("see"), image], isError: true } } },
      result("2", ""),
    ] as PartInit[];
    const { body } = encode({ messages: [assistant(call("1"), call("2")), tool(...parts)] });
    expect((body.messages as JsonObject[])[1]?.content).toEqual([
      {
        type: "tool_result",
        tool_use_id: "1",
        content: [
          { type: "text", text: "see" },
          { type: "image", source: { type: "url", url: "https://a.example/b.png" } },
        ],
        is_error: true,
      },
      { type: "tool_result", tool_use_id: "2", content: [] },
    ]);
  });

  it("trap 29: calls in the history need no tools in the request", () => {
    const { body } = encode({ messages: [assistant(call("1")), tool(result("1"))] });
    expect(body.tools).toBeUndefined();
  });

  it("trap 34: trap 35: reasoning goes back only where it was signed, byte for byte", () => {
    const signed = (dialect: string | undefined): PartInit => ({
      kind: { case: "reasoning", value: { text: " hm ", signature: "s=", ...(dialect && { dialect }) } },
    });
    const sealed: PartInit = {
      kind: { case: "reasoning", value: { text: "", encryptedContent: "x==", dialect: "anthropic-messages" } },
    };
    const { body, losses } = encode({
      messages: [
        user(text("a")),
        assistant(signed("anthropic-messages"), sealed, call("1")),
        tool(result("1")),
        assistant(signed("openai-chat"), text("b")),
        user(text("c")),
      ],
    });
    expect((body.messages as JsonObject[])[1]?.content).toMatchObject([
      { type: "thinking", thinking: " hm ", signature: "s=" },
      { type: "redacted_thinking", data: "x==" },
      { type: "tool_use" },
    ]);
    expect((body.messages as JsonObject[])[3]?.content).toEqual([{ type: "text", text: "b" }]);
    expect(paths(losses)).toEqual(["messages[3].parts[0]"]);
  });

  it("tells pieces and fields of other dialects as losses", () => {
    const { losses } = encode({
      messages: [
        { ...user(text("a"), { kind: { case: "opaque", value: { dialect: "other", value: {} } } }), name: "Ann" },
      ],
      extensions: { other: { verbosity: "low" } },
    });
    expect(paths(losses)).toEqual(["extensions.other.verbosity", "messages[0].name", "messages[0].parts[1]"]);
  });
});

describe("pictures, documents and breakpoints", () => {
  const png = Buffer.from("89504e470d0a1a0a", "hex");
  const blockOf = (part: PartInit) => {
    const { body, losses } = encode({ messages: [user(part)] });
    return { block: ((body.messages as JsonObject[])[0]?.content as JsonObject[] | undefined)?.[0], losses };
  };

  it("trap 22: pictures come as base64 with a media type that the wire takes, or as an address; detail is a loss", () => {
    const inline = blockOf({
      kind: {
        case: "image",
        value: { source: { case: "url", value: `data:image/jpg;base64,${png.toString("base64")}` }, detail: "low" },
      },
    });
    expect(inline.block).toEqual({
      type: "image",
      source: { type: "base64", media_type: "image/jpeg", data: png.toString("base64") },
    });
    expect(paths(inline.losses)).toEqual(["messages[0].parts[0].image.detail"]);
    const bytes = blockOf({ kind: { case: "image", value: { source: { case: "data", value: png } } } });
    expect(bytes.block).toMatchObject({ source: { media_type: "image/png" } });
    const error = failure(() =>
      blockOf({ kind: { case: "image", value: { source: { case: "data", value: png }, mediaType: "text/html" } } }),
    );
    expect([error.code, error.facts.field]).toEqual(["invalid_request", "messages[0].parts[0].image.data"]);
  });

  it("trap 23: documents come as PDFs with their titles or as text, and files of other providers are refused", () => {
    const pdf = Buffer.from("%PDF-1.7");
    const file = (value: object): PartInit => ({ kind: { case: "file", value } });
    expect(blockOf(file({ source: { case: "data", value: pdf }, filename: "a.pdf" })).block).toEqual({
      type: "document",
      source: { type: "base64", media_type: "application/pdf", data: pdf.toString("base64") },
      title: "a.pdf",
    });
    expect(
      blockOf(file({ source: { case: "data", value: Buffer.from("wörds") }, mediaType: "text/plain" })).block,
    ).toEqual({ type: "document", source: { type: "text", media_type: "text/plain", data: "wörds" } });
    expect(blockOf(file({ source: { case: "fileId", value: "file_011" } })).block).toMatchObject({
      source: { type: "file", file_id: "file_011" },
    });
    const error = failure(() => blockOf(file({ source: { case: "fileId", value: "file-abc" } })));
    expect([error.code, error.facts.field]).toEqual(["invalid_request", "messages[0].parts[0].file.file_id"]);
  });

  it("trap 25: breakpoints survive the joining of messages, and a fifth is refused", () => {
    const { body } = encode({
      messages: [
        assistant(call("1")),
        tool({ ...result("1"), cache: { ttl: { seconds: 3600n, nanos: 0 } } } as PartInit),
        user(text("b", { cache: {} })),
      ],
      tools: [{ ...look, cache: {} }],
    });
    expect((body.messages as JsonObject[])[1]?.content).toMatchObject([
      { cache_control: { type: "ephemeral", ttl: "1h" } },
      { cache_control: { type: "ephemeral" } },
    ]);
    expect(body.tools).toMatchObject([{ cache_control: { type: "ephemeral" } }]);
    const five = Array.from({ length: 5 }, (_, index) => text(String(index), { cache: {} }));
    const error = failure(() => encode({ messages: [user(...five)] }));
    expect([error.code, error.facts.field]).toEqual(["invalid_request", "messages[0].parts[4].cache"]);
  });
});
