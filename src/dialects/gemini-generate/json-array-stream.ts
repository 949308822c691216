import { readSse } from "../../sdk/index.js";

/**
 * Turns a stream of events into one JSON array that arrives piece by piece, an element for each event: what callers of
 * `streamGenerateContent` get who do not ask for `alt=sse`. One for every stream.
 * https://ai.google.dev/api/generate-content#method:-models.streamgeneratecontent
 */
export class JsonArrayStream {
  readonly contentType = "application/json; charset=UTF-8";
  #begun = false;

  /** Whole events in, the text to send out; an error's event is an element as well. */
  push(events: Buffer | string): string {
    let text = "";
    readSse(events, ({ data }) => {
      text += this.#begun ? `,\r\n${data}` : `[${data}`;
      this.#begun = true;
    });
    return text;
  }

  /** The text that ends the array. */
  end(): string {
    return this.#begun ? "]" : "[]";
  }
}
