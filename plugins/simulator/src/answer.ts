import { ParlanceError } from "@parlance/sdk";
import type { Answer, Piece, SimulatedModel, Turn } from "./behaviour.js";
import { jsonText } from "./models/json.js";
import { callTools, mustCallTool } from "./models/tools.js";

/**
 * What a model says in one turn. Whatever the model, a tool choice that demands a call is obeyed, and free text gives
 * way to the response format; scripted models keep to their script.
 */
export function answerTurn(model: SimulatedModel, turn: Turn): Answer {
  const answer = model.answer(turn);
  if (model.scripted) return answer;
  const calls = (pieces: readonly Piece[]): boolean => pieces.some((piece) => piece.kind === "toolCall");
  const thoughts = answer.pieces.filter((piece) => piece.kind === "reasoning");
  if (calls(answer.pieces)) return answer;
  if (mustCallTool(turn.request.toolChoice)) return { ...answer, pieces: [...thoughts, ...callTools(turn)] };
  const json = jsonText(turn);
  return json === undefined ? answer : { ...answer, pieces: [...thoughts, { kind: "text", text: json }] };
}

/** The error of a stream that is made to fail. */
export function accidentError(afterTokens: number): ParlanceError {
  return new ParlanceError("provider_error", `The simulator was asked to fail after ${afterTokens} tokens.`, {
    providerStatus: 500,
  });
}
