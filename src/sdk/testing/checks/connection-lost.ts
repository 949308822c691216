import { answerUntil } from "../behaviours.js";
import { type Check, promise } from "../check.js";
import { startLocalUpstream } from "../local-upstream.js";
import { errorOf, runCall, told } from "../run-call.js";
import { everyKind } from "./one-call.js";

export const connectionLost: Check = {
  name: "connection-lost",
  promise: "A connection that cannot be made, or breaks before the answer, is provider_unavailable.",
  async run(kit) {
    kit.needUpstream();
    const gone = await startLocalUpstream();
    await gone.close();
    const nobody = await kit.make({ baseUrl: gone.url });
    for (const recording of everyKind(kit)) {
      const { operation } = recording.ask;
      const refused = errorOf(await runCall(nobody, recording.ask), `of ${operation} where nobody listens`);
      promise(
        refused.code === "provider_unavailable",
        `provider_unavailable of ${operation} where nobody listens`,
        told(refused),
      );
      const when = `of ${operation} whose connection is reset`;
      const reset = errorOf(await kit.play(recording, (response) => void response.destroy()), when);
      promise(reset.code === "provider_unavailable", `provider_unavailable ${when}`, told(reset));
      if (recording.answer.cut !== "whole") continue;
      const half = answerUntil(
        withLength(recording.answer),
        recording.answer.bytes.length >> 1,
        (response) => void response.destroy(),
      );
      errorOf(await kit.play(recording, half), `of ${operation} whose answer breaks off`);
    }
  },
};

function withLength<A extends { readonly bytes: Buffer; readonly headers: Readonly<Record<string, string>> }>(
  answer: A,
): A {
  return { ...answer, headers: { ...answer.headers, "content-length": String(answer.bytes.length) } };
}
