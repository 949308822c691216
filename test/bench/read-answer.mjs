// Reads a whole answer the slow and careful way, to be sure that what is measured is an answer.
import { fromBinary, fromJsonString } from "@bufbuild/protobuf";
import { CompletionService } from "./wire.mjs";

const { complete, streamComplete } = CompletionService.method;

/** The text that the model said, or nothing where the answer did not come to its proper end. */
export function readAnswer(protocol, { stream }, body) {
  if (protocol === "openai") return stream === undefined ? wholeText(JSON.parse(body)) : streamedText(body.toString());
  if (protocol === "anthropic")
    return stream === undefined ? JSON.parse(body).content[0].text : anthropicText(body.toString());
  if (protocol === "connect") return messageText(fromJsonString(complete.output, body.toString()));
  const messages = grpcMessages(body);
  if (stream === undefined)
    return messages.length === 1 ? messageText(fromBinary(complete.output, messages[0])) : undefined;
  return chunksText(messages.map((bytes) => fromBinary(streamComplete.output, bytes).chunk.event));
}

function wholeText({ choices }) {
  return choices?.[0].finish_reason === "stop" ? choices[0].message.content : undefined;
}

function streamedText(body) {
  const events = body.split("\n\n").flatMap((event) => /^data: ?(.*)$/m.exec(event)?.[1] ?? []);
  if (events.at(-1) !== "[DONE]") return undefined;
  const choices = events.slice(0, -1).flatMap((event) => JSON.parse(event).choices);
  if (!choices.some(({ finish_reason: finish }) => finish === "stop")) return undefined;
  return choices.map(({ delta }) => delta.content ?? "").join("");
}

function anthropicText(body) {
  const events = [...body.matchAll(/^data: (.*)$/gm)].map(([, data]) => JSON.parse(data));
  if (events.at(-1)?.type !== "message_stop") return undefined;
  return events.map(({ delta }) => delta?.text ?? "").join("");
}

function messageText({ completion }) {
  const [choice] = completion?.choices ?? [];
  return choice?.finish?.raw === "stop" ? choice.message.parts[0].kind.value.text : undefined;
}

function chunksText(events) {
  if (events.at(-1)?.case !== "completionEnd" || !events.some((event) => event.case === "finish")) return undefined;
  return events.map((event) => (event.case === "textDelta" ? event.value.text : "")).join("");
}

function grpcMessages(body) {
  const messages = [];
  for (let at = 0; at < body.length; ) {
    const length = body.readUInt32BE(at + 1);
    messages.push(body.subarray(at + 5, at + 5 + length));
    at += 5 + length;
  }
  return messages;
}
