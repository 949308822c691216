import { ASKED_AGAIN, type Ending, TOLD, WALL } from "./expected.js";

const GRPC: Readonly<Record<number, string>> = {
  4: "DEADLINE_EXCEEDED",
  5: "NOT_FOUND",
  8: "RESOURCE_EXHAUSTED",
  14: "UNAVAILABLE",
};

/** docs/faults.md, from what the wall expects. */
export function faultsPage(): string {
  const faults = WALL.filter(({ fault }) => fault !== "none").map(
    ({ what, unary, stream }) => `| ${what} | ${inWords(unary)} | ${inWords(stream)} |`,
  );
  const codes = Object.entries(TOLD).map(([code, { openai, anthropic, grpc }]) => {
    const again = (ASKED_AGAIN as ReadonlySet<string>).has(code) ? "yes" : "no";
    return `| \`${code}\` | ${openai[0]} \`${openai[2]}\` | ${anthropic[0]} \`${anthropic[2]}\` | ${GRPC[grpc]} | ${again} |`;
  });
  return `# Faults

What a caller sees of what a provider does wrong. This page is made from the table by which the tests hold the gateway to it
(\`test/e2e/wall\`): every fault through OpenAI's chat and Responses, Anthropic's messages, gRPC and Connect, streamed and not,
in both lanes, alone and with another target that answers.

- An **error in the place of an answer** is what the caller is told where no other target is left. Where one is, it is asked,
  and the caller never knows: the answer is the other target's, \`x-parlance-attempts\` is 2, and the first attempt is on the
  record with its code.
- An **error after what came** ends a stream whose first content had already gone to the caller: it is too late for another
  target. What came stays as it is, and the error is the stream's last event: \`data: {"error": …}\` for OpenAI's chat,
  \`response.failed\` for Responses, \`event: error\` for Anthropic, the status in the trailers for gRPC and Connect. With
  \`on_cut: continue\` another target goes on from there instead.
- Nothing of a provider's key is in any of them.

| what the provider does | not streamed | streamed |
| --- | --- | --- |
${faults.join("\n")}

How each code is told, and whether a target that is alone is asked again after it (\`resilience.retry\`), unless the provider
asks for a longer wait than is waited:

| code | OpenAI | Anthropic | gRPC, with the code in \`ErrorDetail\` | asked again |
| --- | --- | --- | --- | --- |
${codes.join("\n")}
`;
}

function inWords(ending: Ending | undefined): string {
  if (ending === undefined) return "–";
  if (ending.is === "whole") return "a whole answer";
  if (ending.is === "broken") return `\`${ending.code}\` after what came`;
  const wait = ending.retryAfterSeconds === undefined ? "" : ", with `retry-after`";
  return `\`${ending.code}\`${wait}`;
}
