import {
  type AnswerContext,
  type Chunk,
  Fold,
  type JsonObject,
  type ParlanceError,
  type StreamEncoder,
  writeSse,
} from "../../sdk/index.js";
import { encodeError } from "../openai-errors/index.js";
import { toolCallsOf } from "./response-encode.js";
import { summarise } from "./summary.js";

/**
 * An encoder of one plain stream: `{id, delta}` for every piece of text, `{id, reasoning}` for one of reasoning, a last
 * event with what is known at the end, and `[DONE]`. Tool calls come whole, in the last event: a script has no use for
 * pieces of their arguments.
 */
export function streamEncoder(context: AnswerContext): StreamEncoder {
  let fold = new Fold();
  let id = context.requestId;
  const write = (members: JsonObject): string => writeSse(JSON.stringify({ id, ...members }));
  return {
    encode(chunk: Chunk): string {
      const { event } = chunk;
      fold.push(chunk);
      switch (event.case) {
        case "completionStart":
          id = event.value.id || id;
          return "";
        case "textDelta":
        case "refusalDelta":
          return event.value.text === "" ? "" : write({ delta: event.value.text });
        case "reasoningDelta":
          return event.value.text === "" ? "" : write({ reasoning: event.value.text });
        case "partStart": {
          const { kind } = event.value.content ?? {};
          return (kind?.case === "text" || kind?.case === "refusal") && kind.value.text !== ""
            ? write({ delta: kind.value.text })
            : "";
        }
        case "completionEnd": {
          const completion = fold.completion();
          fold = new Fold();
          const model = completion.model || context.model;
          return `${write({ delta: "", model, ...toolCallsOf(completion), ...summarise(completion) })}${writeSse("[DONE]")}`;
        }
        default:
          return "";
      }
    },
    error: (error: ParlanceError) => writeSse(JSON.stringify(encodeError(error, context.requestId))),
    // The shape has no event for it; clients pass over comments.
    keepAlive: () => ": keep-alive\n\n",
  };
}
