import {
  type ChatRequest,
  type EncodeTarget,
  invalid,
  type JsonObject,
  type JsonValue,
  type Losses,
  Modality,
  ParlanceError,
  stringifyExact,
  type Tool,
  type ToolChoice,
  ToolChoiceMode,
} from "../../sdk/index.js";
import { type AnswerForm, encodeAnswerForm } from "./json-answer.js";
import { encodeConversation } from "./messages-encode.js";
import { formOf, restore, tellForeign } from "./own.js";
import { writeSampling } from "./sampling-encode.js";
import { encodeThinking, type Thinking } from "./thinking-encode.js";
import { encodeToolChoice } from "./tool-choice.js";
import { encodeTools } from "./tools.js";
import { DEFAULT_MAX_TOKENS, MAX_CACHE_HINTS } from "./wire.js";

/**
 * Writes a request for a target. What cannot be said is told to `target.losses`. A request without a limit gets the
 * model's own as `max_tokens`, which the wire requires.
 */
export function encodeRequest(request: ChatRequest, target: EncodeTarget): string {
  const { traits, losses } = target;
  const form = formOf(request);
  const own = form.own === true;
  const out = encodePrompt(request, target, own);
  out.max_tokens = request.maxOutputTokens ?? traits.maxOutputTokens ?? DEFAULT_MAX_TOKENS;
  writeSampling(request, out, traits, own, losses);
  writeService(request, out, own, losses);
  tellUnsaid(request, losses);
  if (target.stream) out.stream = true;
  else if (form.stream === false || form.stream === null) out.stream = form.stream;
  return stringifyExact(restore(out, request));
}

/** Members that a count of tokens does not take: https://platform.claude.com/docs/en/api/messages/count_tokens */
const NOT_COUNTED = [
  "max_tokens",
  "metadata",
  "stop_sequences",
  "stream",
  "temperature",
  "top_k",
  "top_p",
  "service_tier",
  "container",
  "inference_geo",
  "diagnostics",
];

/** Writes the request whose tokens are to be counted. What does not count is left out, and no loss. */
export function encodeCountRequest(request: ChatRequest, target: EncodeTarget): string {
  const out = restore(encodePrompt(request, target, formOf(request).own === true), request);
  for (const name of NOT_COUNTED) delete out[name];
  return stringifyExact(out);
}

/** What the model reads: everything that costs input. */
function encodePrompt(request: ChatRequest, { model, traits, losses }: EncodeTarget, own: boolean): JsonObject {
  tellForeign(request, "", losses);
  checkCacheHints(request);
  const maxTokens = request.maxOutputTokens ?? traits.maxOutputTokens ?? DEFAULT_MAX_TOKENS;
  const { system, messages } = encodeConversation(request, own, traits, losses);
  const out: JsonObject = { model, messages };
  const tools = encodeTools(request.tools, allowedNames(request.toolChoice), own, traits, losses);
  const form = encodeAnswerForm(request.responseFormat, request.toolChoice, tools.length, traits, losses);
  const whole = form.instruction === undefined ? system : withInstruction(system, form.instruction);
  if (whole !== undefined) out.system = whole;
  writeTools(request, out, tools, form, losses);
  const thinking =
    form.tool === undefined ? encodeThinking(request, traits, maxTokens, losses) : withoutThinking(request, losses);
  if (thinking.thinking !== undefined) out.thinking = thinking.thinking;
  writeOutput(out, thinking, form);
  return out;
}

function writeTools(
  request: ChatRequest,
  out: JsonObject,
  tools: JsonObject[],
  form: AnswerForm,
  losses: Losses,
): void {
  if (form.tool !== undefined) {
    const none = request.toolChoice?.mode === ToolChoiceMode.NONE;
    if (none && tools.length > 0)
      losses.approximate(
        "tools",
        "The answer takes its form from a forced call: tools that may not be called are left out.",
      );
    out.tools = [...(none ? [] : tools), form.tool.definition];
    out.tool_choice = form.tool.choice;
    return;
  }
  if (tools.length > 0) out.tools = tools;
  const choice = encodeToolChoice(request.toolChoice, request.parallelToolCalls, tools.length, losses);
  if (choice !== undefined) out.tool_choice = choice;
}

function writeOutput(out: JsonObject, { effort }: Thinking, { native }: AnswerForm): void {
  if (native?.place === "output_format") out.output_format = native.format;
  const config: JsonObject = {};
  if (effort !== undefined) config.effort = effort;
  if (native?.place === "output_config") config.format = native.format;
  for (const _ in config) {
    out.output_config = config;
    return;
  }
}

/** The answer is forced through a tool, which the wire does not take together with thinking. */
function withoutThinking(request: ChatRequest, losses: Losses): Thinking {
  if (request.reasoning !== undefined) {
    losses.drop(
      "reasoning",
      "The target's model obeys the schema through a forced tool call, and then it does not reason.",
    );
  }
  return {};
}

/** Only these may be called, and the wire has no other way to say so; undefined where all may. */
function allowedNames(choice: ToolChoice | undefined): ReadonlySet<string> | undefined {
  return choice === undefined || choice.allowed.length === 0 ? undefined : new Set(choice.allowed);
}

function withInstruction(system: JsonValue | undefined, instruction: string): JsonValue {
  const before = Array.isArray(system) ? system : system === undefined ? [] : [{ type: "text", text: system }];
  return [...before, { type: "text", text: instruction }];
}

function writeService(request: ChatRequest, out: JsonObject, own: boolean, losses: Losses): void {
  if (request.endUser !== undefined) out.metadata = { user_id: request.endUser };
  const tier = request.serviceTier;
  if (tier === undefined) return;
  if (own || tier === "auto" || tier === "standard_only") out.service_tier = tier;
  else if (tier === "default") out.service_tier = "standard_only";
  else if (tier === "priority") {
    out.service_tier = "auto";
    losses.approximate("service_tier", "The target gives priority only where it is bought: auto is asked for.");
  } else losses.drop("service_tier", `The target has no tier ${tier}.`);
}

/** Fields of the vocabulary that the wire does not have. */
function tellUnsaid(request: ChatRequest, losses: Losses): void {
  if (request.n !== undefined && request.n > 1) {
    throw new ParlanceError("unsupported", `n is ${request.n}, but the target gives one choice only.`, { field: "n" });
  }
  const unsaid: [string, boolean][] = [
    ["frequency_penalty", request.frequencyPenalty !== undefined && request.frequencyPenalty !== 0],
    ["presence_penalty", request.presencePenalty !== undefined && request.presencePenalty !== 0],
    ["seed", request.seed !== undefined],
    ["logprobs", request.logprobs === true],
    ["top_logprobs", request.topLogprobs !== undefined && request.topLogprobs > 0],
    ["logit_bias", Object.keys(request.logitBias).length > 0],
    ["output_modalities", request.outputModalities.some((modality) => modality !== Modality.TEXT)],
    ["audio_output", request.audioOutput !== undefined],
    ["metadata", Object.keys(request.metadata).length > 0],
    ["verbosity", request.verbosity !== undefined],
    ["prompt_cache_key", request.promptCacheKey !== undefined],
    ["prompt_cache_retention", request.promptCacheRetention !== undefined],
    ["store", request.store === true],
  ];
  for (const [path, said] of unsaid) if (said) losses.drop(path, "The target's dialect has no such field.");
}

/** The wire refuses a fifth breakpoint; which one to leave out is not ours to choose. */
function checkCacheHints(request: ChatRequest): void {
  let count = request.tools.filter((tool) => tool.cache !== undefined || isCached(tool.kind)).length;
  request.messages.forEach((message, index) => {
    message.parts.forEach((part, at) => {
      const inner = part.kind.case === "toolResult" ? part.kind.value.content : [];
      for (const piece of [part, ...inner]) {
        if (piece.cache === undefined && !isCached(piece.kind)) continue;
        count += 1;
        if (count > MAX_CACHE_HINTS) {
          const path = `messages[${index}].parts[${at}].cache`;
          throw invalid(path, `${path} is one hint too many: the target takes ${MAX_CACHE_HINTS} in all.`);
        }
      }
    });
  });
  if (count > MAX_CACHE_HINTS) {
    throw invalid("tools", `tools hold ${count} cache hints, but the target takes ${MAX_CACHE_HINTS} in all.`);
  }
}

function isCached(kind: Tool["kind"] | ChatRequest["messages"][number]["parts"][number]["kind"]): boolean {
  return (
    kind.case === "opaque" &&
    typeof kind.value.value?.cache_control === "object" &&
    kind.value.value.cache_control !== null
  );
}
