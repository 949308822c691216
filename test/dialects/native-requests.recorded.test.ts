import { describe, expect, it } from "vitest";
import cohere from "../../plugins/cohere/src/index.js";
import ollama from "../../plugins/ollama/src/index.js";
import {
  type ChatRequestSchema,
  isObject,
  type JsonObject,
  type JsonValue,
  type MessageInitShape,
  type MessageSchema,
  type PartSchema,
  Role,
  ToolChoiceMode,
} from "../../src/sdk/index.js";
import { type Recording, recordings } from "../recordings.js";
import { dialectsOf, encodeChat, encodeEmbedding } from "../support/target-dialects.js";

/**
 * Requests that real clients have sent: said in the vocabulary by hand, they come out as they were, but for what says
 * nothing.
 * @module
 */

type RequestInit = MessageInitShape<typeof ChatRequestSchema>;
type PartInit = MessageInitShape<typeof PartSchema>;
type MessageInit = MessageInitShape<typeof MessageSchema>;

const asked = (provider: string, api: string) =>
  recordings({ provider, api })
    .filter(({ request }) => isObject(request.body))
    .map((recording) => [recording.file, recording] as const);
const bodyOf = ({ request }: Recording): JsonObject => request.body as JsonObject;

const ROLES: Readonly<Record<string, Role>> = {
  system: Role.SYSTEM,
  user: Role.USER,
  assistant: Role.ASSISTANT,
  tool: Role.TOOL,
};

function textPart(text: string): PartInit {
  return { kind: { case: "text", value: { text } } };
}

function toolsOf(body: JsonObject): RequestInit["tools"] {
  return ((body.tools ?? []) as { function: { name: string; description?: string; parameters: JsonObject } }[]).map(
    ({ function: { name, description, parameters } }) => ({
      kind: { case: "function", value: { name, parameters, ...(description !== undefined && { description }) } },
    }),
  );
}

/** What a body says: members that say nothing are left out, and a text is a text in each of its spellings. */
function sense(value: JsonValue): JsonValue {
  if (Array.isArray(value)) return value.map(sense);
  if (!isObject(value)) return value;
  const out: JsonObject = {};
  for (const [name, member] of Object.entries(value)) {
    const said = name === "content" ? oneText(member) : member;
    const empty = said === "" || said === null || said === undefined;
    if (!empty && !(name === "tools" && isEmpty(said)) && !(name === "options" && isEmpty(said)))
      out[name] = sense(said);
  }
  return out;
}

function oneText(content: JsonValue): JsonValue {
  if (!Array.isArray(content) || content.length !== 1) return content;
  const [only] = content;
  return isObject(only) && only.type === "text" ? (only.text as JsonValue) : content;
}

function isEmpty(value: JsonValue): boolean {
  return typeof value === "object" && value !== null && Object.keys(value).length === 0;
}

describe("a request that clients have sent to Ollama", () => {
  const { chat, embed } = dialectsOf(ollama);

  it.each(asked("ollama", "native.chat"))("comes out as it was: %s", (_file, recording) => {
    const body = bodyOf(recording);
    const { temperature, num_predict: most, seed } = (body.options ?? {}) as Record<string, number | undefined>;
    const request: RequestInit = {
      messages: (body.messages as { role: string; content: string }[]).map(({ role, content }) => ({
        role: ROLES[role] as Role,
        parts: [textPart(content)],
      })),
      tools: toolsOf(body) ?? [],
      ...(temperature !== undefined && { temperature }),
      ...(most !== undefined && { maxOutputTokens: most }),
      ...(seed !== undefined && { seed: BigInt(seed) }),
      ...(typeof body.keep_alive === "string" && { extensions: { ollama: { keep_alive: body.keep_alive } } }),
    };
    // Streamed is the wire's default.
    const { stream = true } = body as { stream?: boolean };
    const encoded = encodeChat(chat, request, { model: body.model as string, stream });
    expect(encoded.losses).toEqual([]);
    expect(sense(encoded.body)).toEqual(sense({ ...body, stream }));
  });

  it.each(asked("ollama", "native.embed"))("comes out as it was: %s", (_file, recording) => {
    const { model, input, options } = bodyOf(recording) as { model: string; input: string; options: JsonObject };
    const request = {
      inputs: [{ kind: { case: "text" as const, value: input } }],
      extensions: { ollama: { options } },
    };
    expect(encodeEmbedding(embed, request, model).body).toEqual({ model, input: [input], options });
  });
});

interface CohereMessage {
  readonly role: string;
  readonly content?: string | readonly { text?: string; image_url?: { url: string } }[] | null;
  readonly tool_plan?: string;
  readonly tool_call_id?: string;
  readonly tool_calls?: readonly { id: string; function: { name: string; arguments: string } }[];
}

function cohereMessage(message: CohereMessage): MessageInit {
  const { content } = message;
  const pieces = typeof content === "string" ? [{ text: content }] : (content ?? []);
  const parts: PartInit[] = pieces.map((piece) =>
    "image_url" in piece && piece.image_url !== undefined
      ? { kind: { case: "image", value: { source: { case: "url", value: piece.image_url.url } } } }
      : textPart(piece.text ?? ""),
  );
  const role = ROLES[message.role] as Role;
  if (message.tool_call_id !== undefined) {
    return {
      role,
      parts: [{ kind: { case: "toolResult", value: { toolCallId: message.tool_call_id, content: parts } } }],
    };
  }
  for (const { id, function: called } of message.tool_calls ?? []) {
    parts.push({ kind: { case: "toolCall", value: { id, ...called } } });
  }
  if (message.tool_plan !== undefined) {
    parts.unshift({
      kind: { case: "reasoning", value: { text: message.tool_plan, dialect: "cohere" } },
      extensions: { cohere: { $form: { plan: true } } },
    });
  }
  return { role, parts };
}

describe("a request that clients have sent to Cohere", () => {
  const { chat, embed } = dialectsOf(cohere);

  it.each(asked("cohere", "v2.chat"))("comes out as it was: %s", (_file, recording) => {
    const { model, messages, stream = false, ...body } = bodyOf(recording) as JsonObject & { stream?: boolean };
    const {
      tools,
      tool_choice: choice,
      response_format: format,
      max_tokens: most,
      temperature,
      thinking,
      ...own
    } = body;
    const schema = isObject(format) ? (format.json_schema as JsonObject | undefined) : undefined;
    const request: RequestInit = {
      messages: (messages as unknown as CohereMessage[]).map(cohereMessage),
      tools: toolsOf({ tools: tools ?? [] }) ?? [],
      ...(choice !== undefined && {
        toolChoice: { mode: choice === "NONE" ? ToolChoiceMode.NONE : ToolChoiceMode.REQUIRED },
      }),
      ...(schema !== undefined && { responseFormat: { kind: { case: "jsonSchema", value: { schema } } } }),
      ...(most !== undefined && { maxOutputTokens: most as number }),
      ...(temperature !== undefined && { temperature: temperature as number }),
      ...(thinking !== undefined && { reasoning: { adaptive: true } }),
      ...(Object.keys(own).length > 0 && { extensions: { cohere: own } }),
    };
    const encoded = encodeChat(chat, request, { model: model as string, stream });
    expect(encoded.losses).toEqual([]);
    expect(sense(encoded.body)).toEqual(sense({ ...bodyOf(recording), stream }));
  });

  it.each(asked("cohere", "v2.embed"))("comes out as it was: %s", (_file, recording) => {
    const { model, texts, output_dimension: dimensions, ...own } = bodyOf(recording);
    const request = {
      inputs: (texts as string[]).map((value) => ({ kind: { case: "text" as const, value } })),
      ...(typeof dimensions === "number" && { dimensions }),
      extensions: { cohere: own },
    };
    const encoded = encodeEmbedding(embed, request, model as string);
    expect(sense(encoded.body)).toEqual(sense(bodyOf(recording)));
  });
});
