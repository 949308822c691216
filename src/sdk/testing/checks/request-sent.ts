import { type Check, promise } from "../check.js";
import type { RecordedAsk } from "../recording.js";
import { everyKind } from "./one-call.js";

export const requestSent: Check = {
  name: "request-sent",
  promise: "What is asked reaches the server, in the words of the caller.",
  async run(kit) {
    kit.needUpstream();
    for (const recording of everyKind(kit)) {
      await kit.play(recording);
      const body = kit.upstream.seen[0]?.body.toString("utf8") ?? "";
      for (const text of textsOf(recording.ask)) {
        promise(
          body.includes(text),
          `"${text}" in what it sends for the recording "${recording.name}"`,
          `"${body.slice(0, 300)}"`,
        );
      }
    }
  },
};

/** Texts of the request that JSON writes as they are. */
function textsOf(ask: RecordedAsk): string[] {
  const texts =
    ask.operation === "embed"
      ? ask.embedding.inputs.map(({ kind }) => (kind.case === "text" ? kind.value : ""))
      : ask.chat.messages.flatMap(({ parts }) =>
          parts.map(({ kind }) => (kind.case === "text" ? kind.value.text : "")),
        );
  return texts.filter((text) => /^[\w .,:;?!-]+$/.test(text));
}
