import { answerAs } from "../behaviours.js";
import { type Check, promise } from "../check.js";
import type { ErrorCode } from "../../errors.js";
import { CODES_OF_STATUS, refusalOf } from "../refusals.js";
import { errorOf, told } from "../run-call.js";

export const errorsMapped: Check = {
  name: "errors-mapped",
  promise: "Every refusal of the server becomes the error of the table that it is.",
  async run(kit) {
    kit.needUpstream();
    for (const stream of [true, false]) {
      const [recording] = kit.good("complete", stream);
      for (const [status, codes] of Object.entries(CODES_OF_STATUS)) {
        const error = errorOf(await kit.play(recording, answerAs(refusalOf(kit, Number(status)))), `after ${status}`);
        promise(codes.includes(error.code), `${either(codes)} after ${status}`, told(error));
        const { providerStatus } = error.facts;
        promise(
          providerStatus === Number(status),
          `the status ${status} kept in the error`,
          String(providerStatus ?? "none"),
        );
      }
    }
    for (const recording of kit.recordings.filter(({ answer, expect }) => answer.status >= 300 && expect.error)) {
      const error = errorOf(await kit.play(recording), `of the recording "${recording.name}"`);
      promise(
        error.code === recording.expect.error,
        `${recording.expect.error} of the recording "${recording.name}"`,
        told(error),
      );
    }
  },
};

function either(codes: readonly ErrorCode[]): string {
  return codes.join(" or ");
}
