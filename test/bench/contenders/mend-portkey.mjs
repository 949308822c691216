// Preloaded into Portkey 1.15.2: its @hono/node-server lets a new Response share the headers of a fetched one, which cannot be
// written to, and so every stream fails with 500 ("immutable"). A copy of the response, one for each stream, has its own.
const { fetch, Response } = globalThis;

globalThis.fetch = async (...asked) => {
  const answer = await fetch(...asked);
  const streamed = answer.headers.get("content-type")?.startsWith("text/event-stream");
  return streamed ? new Response(answer.body, answer) : answer;
};
