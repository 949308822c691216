import { createHash } from "node:crypto";
import { ReasoningEffort } from "@parlance/sdk";
import type { Piece, SimulatedModel } from "../behaviour.js";
import { lastUserText } from "../conversation.js";
import { tokenize } from "../tokens.js";
import { sentences } from "./lorem.js";

/**
 * `reasoning`: a signed part of reasoning, then the user's last words. Effort decides how many sentences; effort
 * `none` leaves the part out, `budget_tokens` cuts it, and `visible: false` shows the signature alone.
 */
export const reasoning: SimulatedModel = {
  answer: ({ request, random }) => {
    const { effort = ReasoningEffort.UNSPECIFIED, budgetTokens, visible } = request.reasoning ?? {};
    const answer: Piece = { kind: "text", text: lastUserText(request) || "There is nothing to reason about." };
    const count = SENTENCES[effort];
    if (count === 0) return { pieces: [answer] };
    const thought = tokenize(sentences(random, count)).slice(0, budgetTokens).join("");
    const hidden = visible === false;
    return { pieces: [{ kind: "reasoning", text: thought, signature: sign(thought), hidden }, answer] };
  },
};

const SENTENCES: Record<ReasoningEffort, number> = {
  [ReasoningEffort.UNSPECIFIED]: 2,
  [ReasoningEffort.NONE]: 0,
  [ReasoningEffort.MINIMAL]: 1,
  [ReasoningEffort.LOW]: 1,
  [ReasoningEffort.MEDIUM]: 2,
  [ReasoningEffort.HIGH]: 4,
  [ReasoningEffort.XHIGH]: 6,
  [ReasoningEffort.MAX]: 8,
};

/** An opaque seal, as providers put on reasoning so that it comes back unchanged. */
function sign(text: string): string {
  return createHash("sha256").update(`simulator\n${text}`).digest("base64");
}
