import { openAiStream } from "../kits/openai-wire.js";
import { answerJson, answerSse, type Behaviour } from "../kits/upstream.js";

const stream = openAiStream({ text: "nobody may read this", finish: "stop", inputTokens: 1, outputTokens: 4 });
/** The role alone, which is no content. */
const beginning = stream.slice(0, stream.indexOf("\n\n") + 2);

/** Begins a stream, and cuts the connection before there is any content. */
const cut: Behaviour = (_request, response) => {
  response.writeHead(200, { "content-type": "text/event-stream" });
  response.write(beginning, () => response.socket?.destroy());
};

const FAULTS: readonly Behaviour[] = [
  answerJson({ error: { message: "It broke.", type: "server_error" } }, 500),
  answerJson({ error: { message: "Too much.", type: "overloaded_error" } }, 503),
  (_request, response) => void response.socket?.destroy(),
  cut,
  answerSse(beginning),
  answerSse(`${beginning}data: {"error":{"message":"It broke.","type":"server_error"}}\n\n`),
  answerSse(`${beginning}data: {"choices": [\n\n`),
  answerJson("<html>No.</html>", 200, { "content-type": "text/html" }),
];

/** A target that fails each time, in every way in turn, always before the first content. */
export function failEveryWay(): Behaviour {
  let turn = 0;
  return (request, response) => {
    turn += 1;
    return (FAULTS[turn % FAULTS.length] as Behaviour)(request, response);
  };
}
