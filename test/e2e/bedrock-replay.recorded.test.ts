import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { awsEventStreamFraming, isObject, type JsonObject, Role, type SseEvent } from "../../src/sdk/index.js";
import { decodeError } from "../../plugins/bedrock/src/converse/errors.js";
import { amazonFrames, answerFrames } from "../kits/amazon-frames.js";
import { startTestGateway, type TestGateway } from "../kits/gateway.js";
import { answerJson, startUpstream, type TestUpstream } from "../kits/upstream.js";
import { type Recording, recordings } from "../recordings.js";
import { type Canonical, type CanonicalError, type Client, compact } from "./clients/canonical.js";
import { grpcClient } from "./clients/grpc-client.js";
import { openAiClient } from "./clients/openai-client.js";

const named = (list: readonly Recording[]) => list.map((recording) => [recording.file, recording] as const);
const all = recordings({ provider: "bedrock" });
const chats = all.filter(({ api }) => api.startsWith("converse"));
const good = chats.filter(({ response }) => response.status === 200);
const whole = good.filter(({ response }) => isObject(response.body));
const streamed = good.filter(({ response }) => !isObject(response.body));
const refused = all.filter(({ response }) => response.status >= 400);

const call = {
  chat: { messages: [{ role: Role.USER, parts: [{ kind: { case: "text" as const, value: { text: "Hi" } } }] }] },
  openai: { messages: [{ role: "user" as const, content: "Hi" }] },
};

let upstream: TestUpstream;
let gateway: TestGateway;
let clients: Client[];

beforeAll(async () => {
  upstream = await startUpstream();
  gateway = await startTestGateway(`
server: { port: 0 }
log: { level: silent }
providers: { aws: { plugin: bedrock, base_url: "${upstream.url}", api_key: test-bearer-key } }
`);
  clients = [openAiClient(gateway.url), await grpcClient(gateway.url)];
});

afterAll(async () => {
  for (const client of clients) client.close();
  await gateway.stop();
  await upstream.close();
});

describe("a recorded answer of Bedrock", () => {
  it("is there of every kind", () => {
    expect(whole.length).toBeGreaterThan(70);
    expect(streamed.length).toBeGreaterThan(33);
    expect(refused.length).toBeGreaterThan(20);
  });

  it.each(named(whole))("is read right by both clients: %s", async (_file, { response }) => {
    const body = response.body as JsonObject;
    upstream.behave(answerJson(body));
    const message = (body.output as JsonObject).message as JsonObject;
    for (const client of clients) {
      const answer = await client.complete("aws/any-model", call);
      expect(answer, client.name).toEqual(
        expected(client, (message.content as JsonObject[]).flatMap(pieceOf), body.stopReason, body.usage),
      );
    }
  });

  it.each(named(streamed))(
    "trap 91: is read right in any cuts by both clients, streamed: %s",
    async (_file, recording) => {
      const { bytes, events } = streamOf(recording);
      const payload = (name: string) => events.find(({ event }) => event === name)?.payload as JsonObject | undefined;
      for (const client of clients) {
        upstream.behave(answerFrames(bytes, cutsOf(recording.id)));
        const answer = await client.stream("aws/any-model", call);
        const usage = payload("metadata")?.usage;
        expect(answer, client.name).toEqual(
          expected(client, piecesOf(events), payload("messageStop")?.stopReason, usage),
        );
      }
    },
  );
});

describe("a recorded refusal of Bedrock", () => {
  it.each(named(refused))("is told as what it is: %s", (_file, { response }) => {
    const body = Buffer.from(JSON.stringify(response.body ?? response.text));
    const error = decodeError(response.status, response.headers, body);
    const said = String((response.body as JsonObject).message);
    if (response.status === 403) expect(error.code).toBe("provider_unauthenticated");
    else if (said.includes("identifier is invalid")) expect(error.code).toBe("model_not_found");
    else if (said.includes("counting tokens")) expect(error.code).toBe("unsupported");
    else expect(error.code).toBe("invalid_request");
    expect(error.message).toContain(said);
    expect(error.facts.providerStatus).toBe(response.status);
  });

  it("reaches both clients with its own words", async () => {
    const [one] = refused.filter(({ api, response }) => api === "converse" && response.status === 400);
    const said = (one as Recording).response.body as { message: string };
    upstream.behave(answerJson(said, 400));
    for (const client of clients) {
      const error = await client.complete("aws/any-model", call).catch((thrown: CanonicalError) => thrown);
      expect((error as CanonicalError).message, client.name).toContain(said.message);
    }
  });
});

describe("the frames of every recorded stream", () => {
  const framed = all.filter(({ response }) => response.base64 !== undefined);

  it("trap 91: are the same in pieces of any size as whole", () => {
    expect(framed.length).toBeGreaterThan(40);
    for (const { response, file } of framed) {
      const bytes = Buffer.from(response.base64 as string, "base64");
      const expectedEvents = (response.eventstream_decoded ?? []).map(({ event, payload }) => [event, payload]);
      for (const size of [1, 7, 4096, bytes.length]) {
        const seen: [string, unknown][] = [];
        const each = ({ event, data }: SseEvent) => seen.push([event, JSON.parse(data)]);
        const reader = awsEventStreamFraming.reader();
        for (let at = 0; at < bytes.length; at += size) reader.push(bytes.subarray(at, at + size), each);
        reader.end(each);
        expect(seen, `${file} in pieces of ${size}`).toEqual(expectedEvents.map(unwrapped(seen)));
      }
    }
  });
});

/** InvokeModel wraps the model's own event in base64; the recorder has unwrapped it. */
function unwrapped(seen: readonly [string, unknown][]): (pair: unknown[], index: number) => unknown {
  return ([event, payload], index) => {
    const raw = seen[index]?.[1];
    if (event !== "chunk" || !isObject(raw) || typeof raw.bytes !== "string" || isWrapped(payload))
      return [event, payload];
    expect(JSON.parse(Buffer.from(raw.bytes, "base64").toString("utf8"))).toEqual(payload);
    return [event, raw];
  };
}

function isWrapped(payload: unknown): boolean {
  return isObject(payload) && typeof payload.bytes === "string";
}

interface Piece {
  readonly text?: string;
  readonly reasoning?: string;
  readonly call?: { readonly id: string; readonly name: string; readonly arguments: string };
}

/** What a caller must see of a block, worked out from the recording alone. */
function pieceOf(block: JsonObject): Piece[] {
  if (typeof block.text === "string") return [{ text: block.text }];
  const { toolUse, reasoningContent, citationsContent } = block;
  if (isObject(toolUse)) {
    if (toolUse.type === "server_tool_use") return [];
    const { toolUseId, name, input } = toolUse;
    return [{ call: { id: String(toolUseId), name: String(name), arguments: JSON.stringify(input) } }];
  }
  if (isObject(reasoningContent)) {
    const { reasoningText } = reasoningContent;
    return isObject(reasoningText) ? [{ reasoning: String(reasoningText.text) }] : [];
  }
  if (!isObject(citationsContent) || !Array.isArray(citationsContent.content)) return [];
  return citationsContent.content.map((one) => ({ text: String((one as JsonObject).text) }));
}

type Event = { readonly event: string; readonly payload: unknown };

function piecesOf(events: readonly Event[]): Piece[] {
  const calls = new Map<unknown, { id: string; name: string; arguments: string }>();
  const pieces: Piece[] = [];
  for (const { event, payload } of events) {
    const { contentBlockIndex: index, delta, start } = payload as { contentBlockIndex?: number } & JsonObject;
    if (event === "contentBlockStart" && isObject(start) && isObject(start.toolUse)) {
      if (start.toolUse.type === "server_tool_use") continue;
      const call = { id: String(start.toolUse.toolUseId), name: String(start.toolUse.name), arguments: "" };
      calls.set(index, call);
      pieces.push({ call });
    }
    if (event !== "contentBlockDelta" || !isObject(delta)) continue;
    if (typeof delta.text === "string") pieces.push({ text: delta.text });
    if (isObject(delta.reasoningContent) && typeof delta.reasoningContent.text === "string")
      pieces.push({ reasoning: delta.reasoningContent.text });
    const call = calls.get(index);
    if (call !== undefined && isObject(delta.toolUse)) call.arguments += String(delta.toolUse.input);
  }
  return pieces;
}

/** Both clients have the same words. */
const STOPS: Readonly<Record<string, string>> = {
  end_turn: "stop",
  stop_sequence: "stop",
  max_tokens: "length",
  tool_use: "tool_calls",
  guardrail_intervened: "content_filter",
  content_filtered: "content_filter",
};

function expected(client: Client, pieces: readonly Piece[], stop: unknown, usage: unknown): Canonical {
  const said = (isObject(usage) ? usage : {}) as Record<string, number | undefined>;
  const input =
    said.inputTokens === undefined
      ? undefined
      : said.inputTokens + (said.cacheReadInputTokens ?? 0) + (said.cacheWriteInputTokens ?? 0);
  const rest = client.name === "openai SDK" && isObject(usage);
  return {
    text: pieces.map(({ text }) => text ?? "").join(""),
    reasoning: pieces.map(({ reasoning }) => reasoning ?? "").join(""),
    refusal: "",
    toolCalls: pieces.flatMap((piece) =>
      piece.call === undefined ? [] : [{ ...piece.call, arguments: compact(piece.call.arguments) }],
    ),
    finish: STOPS[String(stop)] as string,
    // Its clients read both numbers without asking.
    inputTokens: input ?? (rest ? 0 : undefined),
    outputTokens: said.outputTokens ?? (rest ? 0 : undefined),
  };
}

function streamOf({ response }: Recording): { bytes: Buffer; events: readonly Event[] } {
  if (response.base64 !== undefined) {
    return { bytes: Buffer.from(response.base64, "base64"), events: response.eventstream_decoded ?? [] };
  }
  const events = (response.chunks ?? []).flatMap((chunk) =>
    Object.entries(chunk).map(([event, payload]) => ({ event, payload })),
  );
  return { bytes: amazonFrames(events.map(({ event, payload }) => ({ name: event, payload }))), events };
}

/** Sizes of writes that differ between recordings and are the same each time. */
function cutsOf(id: string): number[] {
  return [...Buffer.from(id)].map((byte) => 1 + ((byte * byte) % 211));
}
