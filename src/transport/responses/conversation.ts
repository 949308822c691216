import { ParlanceError, skim } from "../../sdk/index.js";
import type { KeptResponse, KeptResponses } from "./kept-responses.js";

/** One earlier turn: what was asked and what was answered. */
export interface Turn extends KeptResponse {
  readonly id: string;
  readonly response: string;
}

/** Longest conversation that is put together, in turns and in characters. */
const MAX_TURNS = 1000;
const MAX_LENGTH = 64 * 1024 * 1024;
/** Turns that are looked up before others have their turn. */
const AT_ONCE = 32;

/**
 * The turns up to an answer, oldest first. Throws the vendor's error when one of them is not there any more, and
 * `unsupported` when only its provider can tell it.
 */
export async function turnsUpTo(id: string, responses: KeptResponses): Promise<Turn[]> {
  const turns: Turn[] = [];
  let length = 0;
  for (let at: string | undefined = id; at !== undefined; ) {
    const kept = await responses.get(at);
    if (kept === undefined) throw previousNotFound(at);
    const { response } = kept;
    if (response === undefined) {
      throw new ParlanceError(
        "unsupported",
        `The previous response "${at}" is held by its provider alone (${kept.target ?? "unknown"}), and cannot be continued elsewhere.`,
        { field: "previous_response_id" },
      );
    }
    turns.push({ ...kept, id: at, response });
    length += kept.input.length + response.length;
    if (turns.length > MAX_TURNS || length > MAX_LENGTH) {
      throw new ParlanceError("context_length_exceeded", "The conversation is longer than the gateway puts together.", {
        field: "previous_response_id",
      });
    }
    if (turns.length % AT_ONCE === 0) await new Promise(setImmediate);
    at = kept.previous;
  }
  return turns.reverse();
}

/** As OpenAI says it, with status 400. */
function previousNotFound(id: string): ParlanceError {
  return new ParlanceError("invalid_request", `Previous response with id '${id}' not found.`, {
    field: "previous_response_id",
    callerCode: "previous_response_not_found",
  });
}

/** JSON text of the items of a list, without its brackets; of a text, the message that it stands for. */
export function itemsText(input: string): string {
  const text = input.trim();
  return text.startsWith("[") ? text.slice(1, -1).trim() : `{"role":"user","content":${text}}`;
}

/** JSON text of an answer's `output`. */
export function outputText(response: string): string {
  const bytes = Buffer.from(response);
  const output = skim(bytes).byName.get("output");
  return output === undefined ? "[]" : bytes.toString("utf8", output.start, output.end);
}
