import { type Check, promise, Unsupported } from "../check.js";
import { errorOf, told } from "../run-call.js";

export const errorInStream: Check = {
  name: "error-in-stream",
  promise: "An error that the server tells inside a stream with status 200 is an error.",
  async run(kit) {
    kit.needUpstream();
    const errors = kit.recordings.filter(({ answer, expect }) => answer.status < 300 && expect.error !== undefined);
    if (errors.length === 0) throw new Unsupported("It ships no recording of an error inside a stream.");
    for (const recording of errors) {
      const when = `of the recording "${recording.name}"`;
      const error = errorOf(await kit.play(recording), when);
      const wanted = recording.expect.error ?? "";
      promise(wanted === "" || error.code === wanted, `${wanted} ${when}`, told(error));
      promise(
        (error.code !== "stream_truncated" && error.code !== "stream_unfinished") || wanted !== "",
        `the error that the server told ${when}`,
        told(error),
      );
    }
  },
};
