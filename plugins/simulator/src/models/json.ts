import type { SimulatedModel, Turn } from "../behaviour.js";
import { lastUserText } from "../conversation.js";
import { sampleSchema } from "../schema-sample.js";

/** `json`: an object, made up from the schema of the response format, or with the user's last words as `answer`. */
export const json: SimulatedModel = {
  answer: (turn) => ({ pieces: [{ kind: "text", text: jsonText(turn) ?? plainObject(turn) }] }),
};

/** JSON text of the form that the request asks for; undefined when it asks for free text. */
export function jsonText(turn: Turn): string | undefined {
  const kind = turn.request.responseFormat?.kind;
  if (kind?.case === "jsonObject") return plainObject(turn);
  if (kind?.case !== "jsonSchema") return undefined;
  const { value, obeys } = sampleSchema(kind.value.schema ?? {}, turn.random);
  if (!obeys) {
    turn.losses.approximate(
      "response_format.json_schema.schema",
      "The simulator found no answer that obeys the schema.",
    );
  }
  return JSON.stringify(value);
}

function plainObject({ request }: Turn): string {
  return JSON.stringify({ answer: lastUserText(request) });
}
