// The RPC library alone: a service of the same proto that reads the request and gives a ready answer, without an upstream.
import http from "node:http";
import http2 from "node:http2";
import { connectNodeAdapter } from "@connectrpc/connect-node";
import { CompletionService, chunkMessages, completionMessage } from "../wire.mjs";

const LARGE = 50_000;
const answers = { small: completionMessage("small"), large: completionMessage("large") };
const chunks = chunkMessages();

const handler = connectNodeAdapter({
  readMaxBytes: 1 << 25,
  routes: ({ service }) =>
    service(CompletionService, {
      complete: ({ chat }) =>
        chat.messages[1].parts[0].kind.value.text.length > LARGE ? answers.large : answers.small,
      async *streamComplete() {
        yield* chunks;
      },
    }),
});
const h1 = http.createServer(handler);
const h2 = http2.createServer(handler);
h1.listen(0, "127.0.0.1", () => {
  h2.listen(0, "127.0.0.1", () => process.send({ ready: { h1: h1.address().port, h2: h2.address().port } }));
});
