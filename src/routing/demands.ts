import type { KnownFacts } from "../core/model-catalog.js";
import type { Target, TargetFacts } from "../core/target.js";
import { ModelOperation } from "../sdk/index.js";
import type { Asked, Modality } from "./asked.js";
import type { LeftOut } from "./left-out.js";

/** What a request demands of a target that some of its targets may not have. */
export interface Demands {
  readonly operation: ModelOperation | undefined;
  readonly modalities: readonly Modality[];
  readonly tools: boolean;
  readonly schema: boolean;
  /** Tokens of the prompt, by its length; undefined where they fit anywhere. */
  readonly tokens: number | undefined;
  /** Tokens of the longest answer. */
  readonly answer: number;
}

/** How much longer than a window an estimate must be: it is no count, and a request is not refused on a doubt. */
const SLACK = 1.2;
/** No model of today reads less; where nothing is known yet, shorter prompts need not wait for it. */
const ANY_WINDOW = 4000;

const MEDIA = ["image", "audio", "video", "file"] as const;

/**
 * What is to be looked at in a request because not all of these targets can take it; undefined where there is nothing. A
 * promise only while it is not known yet what a target can do, and the request is such that it matters.
 */
export function demandsOf(
  asked: Asked,
  targets: readonly Target[],
): Demands | undefined | Promise<Demands | undefined> {
  if (targets.length < 2) return undefined;
  const operation = operationOf(asked);
  if (operation === undefined) return undefined;
  let pending: Promise<unknown>[] | undefined;
  let lacks: ReadonlySet<string> | undefined;
  let window = Number.POSITIVE_INFINITY;
  let otherwise = false;
  for (const target of targets) {
    const facts = target.facts();
    if (facts instanceof Promise) {
      pending = [...(pending ?? []), facts];
      continue;
    }
    if (facts.lacks !== undefined) lacks = new Set([...(lacks ?? []), ...facts.lacks]);
    if (facts.contextWindow !== undefined && facts.contextWindow < window) window = facts.contextWindow;
    if (!canDo(facts, operation)) otherwise = true;
  }
  const known = pending === undefined;
  if (known && lacks === undefined && window === Number.POSITIVE_INFINITY && !otherwise) return undefined;
  const may = (what: string): boolean => !known || lacks?.has(what) === true;
  const modalities = MEDIA.filter((one) => may(one) && asked.modalities.has(one));
  const tools = may("tools") && asked.tools;
  const schema = may("json_schema") && asked.schema;
  const tokens = longerThan(known ? window : Math.min(window, ANY_WINDOW), asked);
  const demanding = modalities.length > 0 || tools || schema || tokens !== undefined;
  // Few models make embeddings.
  const waits = demanding || operation === ModelOperation.EMBED;
  if (!waits && !otherwise) return undefined;
  // Once all is known it may be less that matters.
  if (pending !== undefined && waits) return Promise.all(pending).then(() => demandsOf(asked, targets));
  if (!demanding && !otherwise) return undefined;
  return {
    operation: otherwise ? operation : undefined,
    modalities,
    tools,
    schema,
    tokens,
    answer: asked.answerTokens,
  };
}

/** Why a target cannot take what is demanded; undefined when it can, or when that is not known. */
export function lacking(target: Target, demands: Demands): Omit<LeftOut, "target"> | undefined {
  const facts = target.facts();
  if (facts instanceof Promise) return undefined;
  const unable = (reason: string, field: string) => ({ reason, field, kind: "ability" as const });
  const { operation } = demands;
  if (operation !== undefined && !canDo(facts, operation)) {
    return unable(operation === ModelOperation.EMBED ? "makes no embeddings" : "completes no chats", "model");
  }
  for (const modality of demands.modalities) {
    if (facts.lacks?.includes(modality)) return unable(`takes no ${modality}`, "messages");
  }
  if (demands.tools && facts.lacks?.includes("tools")) return unable("takes no tools", "tools");
  if (demands.schema && facts.lacks?.includes("json_schema")) return unable("obeys no JSON schema", "response_format");
  const { contextWindow, maxOutputTokens } = facts;
  if (demands.tokens === undefined || contextWindow === undefined) return undefined;
  const answer = Math.min(demands.answer, maxOutputTokens ?? demands.answer);
  if (demands.tokens + answer <= contextWindow * SLACK) return undefined;
  return {
    reason: `reads at most ${contextWindow} tokens, and the request has some ${demands.tokens} and up to ${answer} of the answer`,
    field: "messages",
    kind: "context",
  };
}

function operationOf({ exchange }: Asked): ModelOperation | undefined {
  const { operation } = exchange.ask;
  if (operation === "embed") return ModelOperation.EMBED;
  // Tokens are counted for any model.
  return operation === "complete" ? ModelOperation.COMPLETE : undefined;
}

function canDo({ operations, outputModalities }: TargetFacts, operation: ModelOperation): boolean {
  if (operations === undefined || operations.length === 0) return true;
  if (operation === ModelOperation.COMPLETE && isOnlyEmbedding(outputModalities)) return false;
  return operations.includes(operation);
}

function isOnlyEmbedding(output: KnownFacts["outputModalities"]): boolean {
  return output?.length === 1 && output[0] === "embedding";
}

/** Tokens of the prompt where they may not fit into the window; undefined where they surely do. */
function longerThan(window: number, asked: Asked): number | undefined {
  const most = asked.mostTokens;
  if (window === Number.POSITIVE_INFINITY) return undefined;
  if (most !== undefined && most + asked.answerTokens <= window * SLACK) return undefined;
  const { tokens } = asked;
  return tokens + asked.answerTokens <= window * SLACK ? undefined : tokens;
}
