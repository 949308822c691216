import { durationMs } from "@bufbuild/protobuf/wkt";
import { durationInWords } from "../core/duration-words.js";
import type { ConditionConfig, ModelConfig, TimeWindowConfig } from "../gen/parlance/config/v1/config_pb.js";

/** What else a route does, in words: each a sentence without its full stop. */
export function notesOf({ sticky, hedge, shadows, onCut, strict, timeout }: ModelConfig): string[] {
  const after = hedge?.after === undefined ? "its own 95th percentile" : durationInWords(durationMs(hedge.after));
  return [
    ...(sticky === undefined ? [] : [`stays with a choice by ${sticky}`]),
    ...(hedge === undefined ? [] : [`asks a second target when the first has no content after ${after}`]),
    ...shadows.map(
      ({ provider, model, percent = 100 }) => `copies ${percent} % of the requests to ${provider}/${model}`,
    ),
    ...(onCut === "continue" ? ["has the next target go on when a stream is cut"] : []),
    ...(strict === true ? ["takes a loss for an error"] : []),
    ...(timeout === undefined ? [] : [`takes ${durationInWords(durationMs(timeout))} at most`]),
  ];
}

/** Which requests a member takes. */
export function conditionInWords(when: ConditionConfig | undefined): string {
  if (when === undefined) return "";
  const { model, minTokens, maxTokens, modalities, tags, headers, time } = when;
  return [
    ...(model === undefined ? [] : [`asked for as ${model}`]),
    ...(minTokens === undefined ? [] : [`of ${minTokens} tokens or more`]),
    ...(maxTokens === undefined ? [] : [`of ${maxTokens} tokens at most`]),
    ...(modalities.length === 0 ? [] : [`with ${modalities.join(" or ")}`]),
    ...(tags.length === 0 ? [] : [`tagged ${tags.join(" and ")}`]),
    ...Object.entries(headers).map(([name, value]) => `with the header ${name}: ${value}`),
    ...(time === undefined ? [] : [timeInWords(time)]),
  ].join(", ");
}

function timeInWords({ days, from = "00:00", to = "24:00", zone = "UTC" }: TimeWindowConfig): string {
  return `${days.length === 0 ? "every day" : days.join(", ")} from ${from} to ${to} (${zone})`;
}
