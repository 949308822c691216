import { inspect } from "node:util";
import { answerAs, answerUntil, answerWith } from "../behaviours.js";
import type { Provider } from "../../provider.js";
import { type Check, promise } from "../check.js";
import type { Kit } from "../kit.js";
import type { Behaviour } from "../local-upstream.js";
import { refusalOf } from "../refusals.js";
import { runCall } from "../run-call.js";
import { everyKind } from "./one-call.js";

export const secretCanary: Check = {
  name: "secret-canary",
  promise: "Its credential is in no error and no chunk.",
  async run(kit) {
    await kit.provider();
    await provoke(kit, undefined, (value, where) => {
      const text = inspect(value, { depth: 12, maxArrayLength: null, maxStringLength: null });
      promise(!text.includes(kit.apiKey), `no credential in ${where}`, "the credential in it");
    });
    const unmade = await kit.make({ baseUrl: "no address" }).catch((error: unknown) => error);
    const text = unmade instanceof Error ? inspect(unmade, { depth: 12 }) : "";
    promise(
      !text.includes(kit.apiKey),
      "no credential in the error of a base_url that is no address",
      "the credential in it",
    );
  },
};

/** Has it do what it does well, and all that may make it talk: `look` gets what came of each. */
export async function provoke(
  kit: Kit,
  provider: Provider | undefined,
  look: (value: unknown, where: string) => void,
): Promise<void> {
  const by = provider === undefined ? {} : { provider };
  for (const recording of everyKind(kit)) {
    for (const [when, behaviour] of faults(kit, recording.answer)) {
      const { error, chunks, embeddings } = await kit.play(recording, behaviour, by);
      look(error, `the error ${when}`);
      look([chunks, embeddings], `the answer ${when}`);
    }
  }
  if (provider !== undefined) return;
  const nowhere = await kit.make({ baseUrl: "http://127.0.0.1:9" }).catch((error: unknown) => error);
  if (nowhere instanceof Error) return look(nowhere, "the error of a provider that cannot be made");
  for (const { ask } of everyKind(kit)) {
    look((await runCall(nowhere as Provider, ask)).error, "the error where nobody listens");
  }
}

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
