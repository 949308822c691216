import type { Part } from "../gen/parlance/v1/chat_pb.js";
import type { Chunk, Completion } from "../gen/parlance/v1/completion_pb.js";
import { chunks } from "./chunks.js";

/** The stream that tells a whole answer. `fold(unfold(c))` is `c`. */
export function unfold(completion: Completion): Chunk[] {
  const out: Chunk[] = [
    chunks.completionStart({
      id: completion.id,
      model: completion.model,
      ...(completion.createTime && { createTime: completion.createTime }),
    }),
  ];
  for (const choice of completion.choices) {
    choice.message?.parts.forEach((part, index) => {
      unfoldPart(choice.index, index, part, out);
    });
    if (choice.logprobs) out.push(chunks.logprobsDelta(choice.index, choice.logprobs));
    if (choice.finish) {
      out.push(
        chunks.finish(choice.index, choice.finish, {
          message: choice.message?.extensions,
          choice: choice.extensions,
        }),
      );
    }
  }
  if (completion.usage) out.push(chunks.usage(completion.usage));
  out.push(
    chunks.completionEnd({
      attempts: completion.attempts,
      losses: completion.losses,
      ...(completion.cost && { cost: completion.cost }),
      ...(completion.serviceTier !== undefined && { serviceTier: completion.serviceTier }),
      ...(completion.extensions && { extensions: completion.extensions }),
    }),
  );
  return out;
}

/** Text, refusals, reasoning and arguments come as deltas; every other part comes whole with its start. */
function unfoldPart(choice: number, index: number, part: Part, out: Chunk[]): void {
  const { kind } = part;
  const start = (begun: Part["kind"]): void => {
    out.push(chunks.partStart(choice, index, { ...part, kind: begun }));
  };
  if (kind.case === "text") {
    start({ case: "text", value: { ...kind.value, text: "", citations: [] } });
    if (kind.value.text !== "") out.push(chunks.textDelta(choice, index, kind.value.text));
    for (const citation of kind.value.citations) out.push(chunks.citationAdd(choice, index, citation));
  } else if (kind.case === "reasoning") {
    const { signature, ...rest } = kind.value;
    start({ case: "reasoning", value: { ...rest, text: "" } });
    if (kind.value.text !== "" || signature !== undefined) {
      out.push(chunks.reasoningDelta(choice, index, kind.value.text, signature));
    }
  } else if (kind.case === "refusal") {
    start({ case: "refusal", value: { ...kind.value, text: "" } });
    if (kind.value.text !== "") out.push(chunks.refusalDelta(choice, index, kind.value.text));
  } else if (kind.case === "toolCall") {
    start({ case: "toolCall", value: { ...kind.value, arguments: "" } });
    if (kind.value.arguments !== "") out.push(chunks.toolCallDelta(choice, index, kind.value.arguments));
  } else {
    out.push(chunks.partStart(choice, index, part));
  }
  out.push(chunks.partEnd(choice, index));
}
