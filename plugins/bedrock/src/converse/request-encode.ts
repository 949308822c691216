import {
  type ChatRequest,
  type EncodeTarget,
  type JsonObject,
  type Losses,
  Modality,
  ParlanceError,
  stringifyExact,
} from "@parlance/sdk";
import { encodeAnswerForm, type AnswerForm } from "./answer-form.js";
import { DocumentNames } from "./document-name.js";
import { type Family, familyOf, makerOf } from "./family.js";
import { encodeInference } from "./inference-encode.js";
import { encodeConversation } from "./messages-encode.js";
import { restore, tellForeign } from "./own.js";
import { encodeReasoning, type WireReasoning } from "./reasoning-encode.js";
import { encodeToolConfig } from "./tools-encode.js";

/** What the operator adds to every request. */
export interface ConverseOptions {
  /** `guardrailConfig`, and the mode of streams, which other requests do not take. */
  readonly guardrail?: JsonObject;
  readonly streamProcessingMode?: string;
  /** `performanceConfig.latency`. */
  readonly latency?: string;
  /** `anthropic_beta` for models of that maker. */
  readonly betas?: readonly string[];
  /** The model that a name stands for: its own id, where that tells what it is. */
  readonly baseModel: (model: string) => string;
}

/** Tiers of the wire: https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ServiceTier.html */
const TIERS: ReadonlySet<string> = new Set(["default", "flex", "priority", "reserved"]);

/**
 * Writes a request for Converse and ConverseStream, which take the same body
 * (https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html). The model is named in the path.
 * What cannot be said is told to `target.losses`.
 */
export function encodeRequest(request: ChatRequest, target: EncodeTarget, options: ConverseOptions): string {
  const { losses, traits, stream } = target;
  const model = options.baseModel(target.model);
  const family = familyOf(model);
  const prompt = encodePrompt(request, target, options);
  const { config, fields } = encodeInference(request, traits, family, prompt.reasoning, losses);
  const out: JsonObject = { ...prompt.body };
  if (Object.keys(config).length > 0) out.inferenceConfig = config;
  const additional = { ...prompt.fields, ...fields };
  if (Object.keys(additional).length > 0) out.additionalModelRequestFields = additional;
  const outputConfig = {
    ...(prompt.form.textFormat && { textFormat: prompt.form.textFormat }),
    ...(prompt.reasoning.effort !== undefined && { effort: prompt.reasoning.effort }),
  };
  if (Object.keys(outputConfig).length > 0) out.outputConfig = outputConfig;
  // Which sequence stopped the answer is told only where it is asked for, and only by Claude.
  if (config.stopSequences !== undefined && makerOf(model) === "anthropic") {
    out.additionalModelResponseFieldPaths = [stream ? "/delta/stop_sequence" : "/stop_sequence"];
  }
  writeService(request, out, stream, options, losses);
  tellUnsaid(request, losses);
  return stringifyExact(restore(out, request));
}

/**
 * Writes the request whose tokens are to be counted. What does not count is left out, and no loss.
 * https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_CountTokens.html
 */
export function encodeCountRequest(request: ChatRequest, target: EncodeTarget, options: ConverseOptions): string {
  const { body, fields } = encodePrompt(request, target, options);
  const additional = Object.keys(fields).length > 0 ? { additionalModelRequestFields: fields } : {};
  const whole = restore({ ...body, ...additional }, request);
  const converse: JsonObject = {};
  for (const name of ["messages", "system", "toolConfig", "additionalModelRequestFields"]) {
    if (whole[name] !== undefined) converse[name] = whole[name];
  }
  return stringifyExact({ input: { converse } });
}

interface Prompt {
  /** `messages`, `system`, `toolConfig`. */
  readonly body: JsonObject;
  readonly fields: JsonObject;
  readonly reasoning: WireReasoning;
  readonly form: AnswerForm;
}

/** What the model reads: everything that costs input. */
function encodePrompt(request: ChatRequest, target: EncodeTarget, options: ConverseOptions): Prompt {
  const { traits, losses } = target;
  const model = options.baseModel(target.model);
  const family = familyOf(model);
  tellForeign(request, "", losses);
  const context = { family, names: new DocumentNames(), losses };
  const { system, messages, toolsUsed } = encodeConversation(request, traits, context);
  const form = encodeAnswerForm(
    request.responseFormat,
    request.toolChoice,
    request.tools.length > 0,
    traits,
    family,
    losses,
  );
  const instructions = form.instruction === undefined ? system : [...system, { text: form.instruction }];
  const toolConfig = encodeTools(request, toolsUsed, form, target, family);
  const reasoning =
    form.tool === undefined ? encodeReasoning(request, traits, family, losses) : withoutReasoning(request, losses);
  const betas = options.betas ?? [];
  return {
    body: {
      messages,
      ...(instructions.length > 0 && { system: instructions }),
      ...(toolConfig && { toolConfig }),
    },
    fields: {
      ...reasoning.fields,
      ...(betas.length > 0 && makerOf(model) === "anthropic" && { anthropic_beta: [...betas] }),
    },
    reasoning,
    form,
  };
}

function encodeTools(
  request: ChatRequest,
  used: readonly string[],
  { tool }: AnswerForm,
  { traits, losses }: EncodeTarget,
  family: Family,
): JsonObject | undefined {
  const wishes = { tools: request.tools, choice: request.toolChoice, used };
  const config = encodeToolConfig(wishes, traits, family, losses);
  if (tool === undefined) return config;
  const others = Array.isArray(config?.tools) ? config.tools : [];
  return { tools: [...others, tool.definition], toolChoice: tool.choice };
}

/** The answer is forced through a tool, which models do not take together with reasoning. */
function withoutReasoning(request: ChatRequest, losses: Losses): WireReasoning {
  if (request.reasoning !== undefined) {
    losses.drop(
      "reasoning",
      "The target's model obeys the schema through a forced tool call, and then it does not reason.",
    );
  }
  return { fields: {}, excludes: new Set() };
}

function writeService(
  request: ChatRequest,
  out: JsonObject,
  stream: boolean,
  { guardrail, streamProcessingMode, latency }: ConverseOptions,
  losses: Losses,
): void {
  if (guardrail !== undefined) {
    out.guardrailConfig =
      stream && streamProcessingMode !== undefined ? { ...guardrail, streamProcessingMode } : guardrail;
  }
  if (latency !== undefined) out.performanceConfig = { latency };
  const { serviceTier: tier } = request;
  // The usual tier is what comes of saying nothing.
  if (tier !== undefined && TIERS.has(tier)) out.serviceTier = { type: tier };
  else if (tier === "standard_only") out.serviceTier = { type: "default" };
  else if (tier !== undefined && tier !== "auto") losses.drop("service_tier", `The target has no tier ${tier}.`);
  const metadata = requestMetadata(request, losses);
  if (Object.keys(metadata).length > 0) out.requestMetadata = metadata;
}

/** Labels for the account's own invocation logs, of at most 16. */
function requestMetadata(request: ChatRequest, losses: Losses): JsonObject {
  const kept: JsonObject = {};
  for (const [key, value] of Object.entries(request.metadata)) {
    if (Object.keys(kept).length < 16 && [key, value].every((text) => LABEL.test(text)) && key !== "") {
      kept[key] = value;
    } else losses.drop(`metadata.${key}`, "The target takes 16 labels of up to 256 plain characters each.");
  }
  return kept;
}

/** https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html#bedrock-runtime_Converse-request-requestMetadata */
const LABEL = /^[a-zA-Z0-9\s:_@$#=/+,.-]{0,256}$/;

/** Fields of the vocabulary that the wire does not have. */
function tellUnsaid(request: ChatRequest, losses: Losses): void {
  if (request.n !== undefined && request.n > 1) {
    throw new ParlanceError("unsupported", `n is ${request.n}, but the target gives one choice only.`, { field: "n" });
  }
  const unsaid: [string, boolean][] = [
    ["parallel_tool_calls", request.parallelToolCalls === false && request.tools.length > 0],
    ["frequency_penalty", request.frequencyPenalty !== undefined && request.frequencyPenalty !== 0],
    ["presence_penalty", request.presencePenalty !== undefined && request.presencePenalty !== 0],
    ["seed", request.seed !== undefined],
    ["logprobs", request.logprobs === true],
    ["top_logprobs", request.topLogprobs !== undefined && request.topLogprobs > 0],
    ["logit_bias", Object.keys(request.logitBias).length > 0],
    ["output_modalities", request.outputModalities.some((modality) => modality !== Modality.TEXT)],
    ["audio_output", request.audioOutput !== undefined],
    ["end_user", request.endUser !== undefined],
    ["verbosity", request.verbosity !== undefined],
    ["prompt_cache_key", request.promptCacheKey !== undefined],
    ["prompt_cache_retention", request.promptCacheRetention !== undefined],
    ["store", request.store === true],
  ];
  for (const [path, said] of unsaid) if (said) losses.drop(path, "The target's dialect has no such field.");
}
