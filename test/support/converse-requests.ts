import {
  type ChatRequest,
  ChatRequestSchema,
  create,
  isObject,
  type JsonObject,
  type JsonValue,
  type MessageInitShape,
  type PartSchema,
  ReasoningEffort,
  Role,
  type ToolSchema,
  ToolChoiceMode,
} from "../../src/sdk/index.js";

const DIALECT = "bedrock-converse";
type PartInit = MessageInitShape<typeof PartSchema>;
type ToolInit = MessageInitShape<typeof ToolSchema>;

/**
 * What a recorded request of Converse says, in the vocabulary, as a caller would have said it: written against the
 * recordings alone, so that the plugin's encoder is held to something that does not know it. What the vocabulary has no
 * place for is given as a field of the dialect.
 */
export function chatOf(body: JsonObject): ChatRequest {
  const {
    messages,
    system,
    inferenceConfig,
    toolConfig,
    outputConfig,
    serviceTier,
    additionalModelRequestFields,
    ...own
  } = body;
  const inference = (inferenceConfig ?? {}) as Record<string, JsonValue>;
  const { thinking, ...additional } = (additionalModelRequestFields ?? {}) as JsonObject;
  const choice = isObject(toolConfig) && isObject(toolConfig.toolChoice) ? toolConfig.toolChoice : undefined;
  const extensions = {
    ...own,
    ...(Object.keys(additional).length > 0 && { additionalModelRequestFields: additional }),
  };
  return create(ChatRequestSchema, {
    model: "any",
    messages: [
      ...(Array.isArray(system) && system.length > 0
        ? [{ role: Role.SYSTEM, parts: partsOf(system as JsonObject[]) }]
        : []),
      ...(messages as JsonObject[]).map(({ role, content }) => ({
        role: role === "assistant" ? Role.ASSISTANT : Role.USER,
        parts: partsOf(content as JsonObject[]),
      })),
    ],
    ...(isObject(toolConfig) && { tools: toolsOf(toolConfig.tools as JsonObject[]) }),
    ...(choice && { toolChoice: choiceOf(choice) }),
    ...(typeof inference.maxTokens === "number" && { maxOutputTokens: inference.maxTokens }),
    ...(typeof inference.temperature === "number" && { temperature: inference.temperature }),
    ...(typeof inference.topP === "number" && { topP: inference.topP }),
    ...(Array.isArray(inference.stopSequences) && { stop: inference.stopSequences.map(String) }),
    ...(isObject(thinking) && { reasoning: reasoningOf(thinking) }),
    ...(isObject(outputConfig) && { responseFormat: formatOf(outputConfig) }),
    ...(isObject(serviceTier) && { serviceTier: String(serviceTier.type) }),
    ...(Object.keys(extensions).length > 0 && { extensions: { [DIALECT]: extensions } }),
  });
}

function partsOf(blocks: readonly JsonObject[]): PartInit[] {
  const parts: PartInit[] = [];
  for (const block of blocks) {
    const last = parts.at(-1);
    if (block.cachePoint !== undefined && last !== undefined) last.cache = {};
    else parts.push(partOf(block));
  }
  return parts;
}

function partOf(block: JsonObject): PartInit {
  if (typeof block.text === "string") return { kind: { case: "text", value: { text: block.text } } };
  const { toolUse, toolResult, reasoningContent, image, document, video, citationsContent } = block as Record<
    string,
    JsonObject | undefined
  >;
  if (toolUse !== undefined && toolUse.type !== "server_tool_use") {
    const { toolUseId, name, input } = toolUse;
    return {
      kind: {
        case: "toolCall",
        value: { id: String(toolUseId), name: String(name), arguments: JSON.stringify(input) },
      },
    };
  }
  if (toolResult !== undefined && toolResult.type === undefined) {
    const { toolUseId, content, status } = toolResult;
    return {
      kind: {
        case: "toolResult",
        value: {
          toolCallId: String(toolUseId),
          content: partsOf(content as JsonObject[]),
          ...(status !== undefined && { isError: status === "error" }),
        },
      },
    };
  }
  if (reasoningContent !== undefined) {
    const { reasoningText, redactedContent } = reasoningContent;
    const text = isObject(reasoningText) ? reasoningText : undefined;
    return {
      kind: {
        case: "reasoning",
        value: {
          text: text === undefined ? "" : String(text.text),
          dialect: DIALECT,
          ...(text !== undefined && { signature: String(text.signature) }),
          ...(typeof redactedContent === "string" && { encryptedContent: redactedContent }),
        },
      },
    };
  }
  if (image !== undefined) {
    return { kind: { case: "image", value: { ...mediaOf(image), mediaType: `image/${String(image.format)}` } } };
  }
  if (document !== undefined && !hasText(document)) {
    const { format, name, source: _, ...others } = document;
    return {
      kind: { case: "file", value: { ...mediaOf(document), filename: `${String(name)}.${String(format)}` } },
      ...(Object.keys(others).length > 0 && { extensions: { [DIALECT]: others } }),
    };
  }
  if (video !== undefined) {
    return { kind: { case: "file", value: { ...mediaOf(video), mediaType: `video/${String(video.format)}` } } };
  }
  if (citationsContent !== undefined) {
    const { content, citations } = citationsContent;
    return {
      kind: {
        case: "text",
        value: {
          text: (content as JsonObject[]).map(({ text }) => String(text)).join(""),
          citations: (citations as JsonObject[]).map(({ title, sourceContent, ...others }) => ({
            title: String(title),
            citedText: (sourceContent as JsonObject[]).map(({ text }) => String(text)).join(""),
            extensions: { [DIALECT]: others },
          })),
        },
      },
    };
  }
  return { kind: { case: "opaque", value: { dialect: DIALECT, value: block } } };
}

/** A document that is text in the body stays a piece of the wire: the encoder sends texts as bytes. */
function hasText({ source }: JsonObject): boolean {
  return isObject(source) && source.text !== undefined;
}

function mediaOf({ source }: JsonObject) {
  const { bytes, s3Location } = source as { bytes?: string; s3Location?: { uri: string } };
  return bytes === undefined
    ? { source: { case: "url" as const, value: String(s3Location?.uri) } }
    : { source: { case: "data" as const, value: new Uint8Array(Buffer.from(bytes, "base64")) } };
}

function toolsOf(list: readonly JsonObject[]): ToolInit[] {
  const tools: ToolInit[] = [];
  for (const tool of list) {
    const last = tools.at(-1);
    const { toolSpec } = tool;
    if (tool.cachePoint !== undefined && last !== undefined) last.cache = {};
    else if (isObject(toolSpec)) {
      const { name, description, inputSchema } = toolSpec;
      const value = {
        name: String(name),
        parameters: (inputSchema as { json: JsonObject }).json,
        ...(typeof description === "string" && { description }),
      };
      tools.push({ kind: { case: "function", value } });
    } else tools.push({ kind: { case: "opaque", value: { dialect: DIALECT, value: tool } } });
  }
  return tools;
}

function choiceOf({ any, tool }: JsonObject) {
  if (isObject(tool)) return { mode: ToolChoiceMode.TOOL, name: String(tool.name) };
  return { mode: any === undefined ? ToolChoiceMode.AUTO : ToolChoiceMode.REQUIRED };
}

function reasoningOf({ type, budget_tokens: budget, display }: JsonObject) {
  return {
    effort: ReasoningEffort.UNSPECIFIED,
    ...(typeof budget === "number" && { budgetTokens: budget }),
    ...(type === "adaptive" && { adaptive: true }),
    ...(display !== undefined && { visible: display === "summarized" }),
  };
}

function formatOf({ textFormat }: JsonObject) {
  const { jsonSchema } = (textFormat as { structure: { jsonSchema: JsonObject } }).structure;
  const value = {
    schema: JSON.parse(String(jsonSchema.schema)) as JsonObject,
    ...(typeof jsonSchema.name === "string" && { name: jsonSchema.name }),
    ...(typeof jsonSchema.description === "string" && { description: jsonSchema.description }),
  };
  return { kind: { case: "jsonSchema" as const, value } };
}
