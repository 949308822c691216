import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { create, fromJson, type JsonObject, type JsonValue } from "@bufbuild/protobuf";
import { type ChatRequest, ChatRequestSchema } from "../../gen/parlance/v1/chat_pb.js";
import { type EmbeddingRequest, EmbeddingRequestSchema } from "../../gen/parlance/v1/embedding_pb.js";
import { isObject } from "../extensions.js";

/** What a plugin is asked. */
export type RecordedAsk = { readonly model: string } & (
  | { readonly operation: "complete"; readonly stream: boolean; readonly chat: ChatRequest }
  | { readonly operation: "embed"; readonly embedding: EmbeddingRequest }
  | { readonly operation: "count_tokens"; readonly chat: ChatRequest }
);

/** What a server answered. */
export interface RecordedAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly bytes: Buffer;
  /** How its bytes are cut into events; `whole` for an answer that is not a stream. */
  readonly cut: "whole" | "sse" | "ndjson" | "eventstream";
}

/** What must come of it. What is absent is not looked at. */
export interface Expectation {
  /** Text of the first choice, all parts of text joined. */
  readonly text?: string | undefined;
  /** The reason in lower case, such as `stop`, `length` or `tool_calls`. */
  readonly finish?: string | undefined;
  readonly toolCalls?: readonly { readonly name: string; readonly arguments: JsonValue }[] | undefined;
  /** Numbers of the usage by name, such as `input_tokens`. */
  readonly usage?: Readonly<Record<string, number>> | undefined;
  readonly vectors?: readonly (readonly number[])[] | undefined;
  readonly tokens?: number | undefined;
  /** Code of the error that it ends with. */
  readonly error?: string | undefined;
}

/** One exchange of a plugin with its server: what is asked, what the server says, what must come of it. */
export interface Recording {
  readonly name: string;
  readonly ask: RecordedAsk;
  readonly answer: RecordedAnswer;
  readonly expect: Expectation;
  /** Recordings of one pair tell the same answer, whole and as a stream. */
  readonly pair?: string | undefined;
}

/** Reads every `*.json` of a folder. Throws an Error that names the file and the member at fault. */
export async function readRecordings(folder: string): Promise<Recording[]> {
  const files = (await readdir(folder)).filter((name) => name.endsWith(".json")).sort();
  return Promise.all(
    files.map(async (file) => {
      try {
        return toRecording(file.slice(0, -".json".length), JSON.parse(await readFile(join(folder, file), "utf8")));
      } catch (thrown) {
        throw new Error(`The recording ${join(folder, file)} cannot be read: ${(thrown as Error).message}`, {
          cause: thrown,
        });
      }
    }),
  );
}

/** One recording as JSON has it; the format is told in docs/conformance.md. */
export function toRecording(name: string, json: unknown): Recording {
  const { ask, response, expect = {}, pair } = objectAt("the recording", json);
  if (pair !== undefined && typeof pair !== "string") throw new Error('"pair" must be text');
  return {
    name,
    ask: toAsk(objectAt('"ask"', ask)),
    answer: toAnswer(objectAt('"response"', response)),
    expect: toExpectation(objectAt('"expect"', expect)),
    pair,
  };
}

function toAsk({ operation = "complete", model, stream = false, chat, embedding }: JsonObject): RecordedAsk {
  if (typeof model !== "string") throw new Error('"ask.model" must be the name of a model');
  switch (operation) {
    case "complete":
      return { operation, model, stream: stream === true, chat: chatOf(chat, model) };
    case "count_tokens":
      return { operation, model, chat: chatOf(chat, model) };
    case "embed":
      return {
        operation,
        model,
        embedding: Object.assign(fromJson(EmbeddingRequestSchema, objectAt('"ask.embedding"', embedding)), { model }),
      };
    default:
      throw new Error('"ask.operation" must be complete, embed or count_tokens');
  }
}

function chatOf(json: JsonValue | undefined, model: string): ChatRequest {
  return Object.assign(create(ChatRequestSchema), fromJson(ChatRequestSchema, objectAt('"ask.chat"', json)), { model });
}

function toAnswer({ status = 200, headers = {}, body, sse, ndjson, base64, text }: JsonObject): RecordedAnswer {
  if (typeof status !== "number") throw new Error('"response.status" must be a number');
  const told = Object.fromEntries(
    Object.entries(objectAt('"response.headers"', headers)).map(([key, value]) => [key.toLowerCase(), String(value)]),
  );
  const answer = (bytes: Buffer, cut: RecordedAnswer["cut"], contentType: string): RecordedAnswer => ({
    status,
    headers: { "content-type": contentType, ...told },
    bytes,
    cut,
  });
  if (typeof sse === "string") return answer(Buffer.from(sse), "sse", "text/event-stream");
  if (typeof ndjson === "string") return answer(Buffer.from(ndjson), "ndjson", "application/x-ndjson");
  if (typeof base64 === "string") {
    return answer(Buffer.from(base64, "base64"), "eventstream", "application/vnd.amazon.eventstream");
  }
  if (typeof text === "string") return answer(Buffer.from(text), "whole", "text/plain");
  if (body !== undefined) return answer(Buffer.from(JSON.stringify(body)), "whole", "application/json");
  throw new Error('"response" must have one of body, sse, ndjson, base64 and text');
}

function toExpectation(json: JsonObject): Expectation {
  for (const key of Object.keys(json)) {
    if (!EXPECTED.has(key)) throw new Error(`"expect.${key}" is not known; known are ${[...EXPECTED].join(", ")}`);
  }
  const { tool_calls: toolCalls, ...rest } = json;
  return { ...rest, ...(toolCalls !== undefined && { toolCalls }) } as unknown as Expectation;
}

const EXPECTED = new Set(["text", "finish", "tool_calls", "usage", "vectors", "tokens", "error"]);

function objectAt(place: string, value: unknown): JsonObject {
  if (!isObject(value)) throw new Error(`${place} must be an object`);
  return value;
}
