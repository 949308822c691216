import { inspect } from "node:util";
import { answerAs, answerUntil, answerWith } from "../behaviours.js";
import { type Check, promise } from "../check.js";
import type { Kit } from "../kit.js";
import type { Behaviour } from "../local-upstream.js";
import { refusalOf } from "../refusals.js";
import { runCall } from "../run-call.js";
import { everyKind } from "./one-call.js";

export const secretCanary: Check = {
  name: "secret-canary",
  promise: "Its credential is in no error, no line of output and no chunk.",
  async run(kit) {
    const output = await outputOf(async () => {
      for (const recording of everyKind(kit)) {
        for (const [when, behaviour] of faults(kit, recording.answer)) {
          const { error, chunks, embeddings } = await kit.play(recording, behaviour);
          hidden(kit, error, `the error ${when}`);
          hidden(kit, [chunks, embeddings], `the answer ${when}`);
        }
        const nowhere = await kit.make({ baseUrl: "http://127.0.0.1:9" }).catch((error: unknown) => error);
        if (nowhere instanceof Error) hidden(kit, nowhere, "the error of a provider that cannot be made");
        else hidden(kit, (await runCall(nowhere as never, recording.ask)).error, "the error where nobody listens");
      }
      const unmade = await kit.make({ baseUrl: "no address" }).catch((error: unknown) => error);
      if (unmade instanceof Error) hidden(kit, unmade, "the error of a base_url that is no address");
    });
    promise(!output.includes(kit.apiKey), "no output that holds the credential", "a line with it");
  },
};

function faults(kit: Kit, answer: Parameters<typeof answerAs>[0]): [string, Behaviour][] {
  if (!kit.subject.conformance.upstream) return [["that it makes by itself", answerAs(answer)]];
  return [
    ["that is good", answerAs(answer)],
    ...[400, 401, 403, 429, 500].map((status): [string, Behaviour] => [
      `after ${status}`,
      answerAs(refusalOf(kit, status)),
    ]),
    ["after a page", answerWith(200, "<html>", { "content-type": "text/html" })],
    ["after a reset", (response) => void response.destroy()],
    ["after a cut", answerUntil(answer, answer.bytes.length >> 1, (response) => void response.destroy())],
    ["after half of it", answerAs({ ...answer, bytes: answer.bytes.subarray(0, answer.bytes.length >> 1) })],
  ];
}

function hidden({ apiKey }: Kit, value: unknown, where: string): void {
  const text = inspect(value, { depth: 12, maxArrayLength: null, maxStringLength: null });
  promise(!text.includes(apiKey), `no credential in ${where}`, "the credential in it");
}

/** What is written to standard output and error meanwhile. */
async function outputOf(act: () => Promise<void>): Promise<string> {
  let output = "";
  const streams = [process.stdout, process.stderr];
  const writes = streams.map((stream) => stream.write.bind(stream));
  for (const stream of streams) {
    stream.write = (bytes: string | Uint8Array): boolean => {
      output += Buffer.from(bytes as string).toString();
      return true;
    };
  }
  try {
    await act();
  } finally {
    streams.forEach((stream, index) => {
      stream.write = writes[index] as typeof stream.write;
    });
  }
  return output;
}
