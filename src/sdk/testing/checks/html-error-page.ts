import { answerWith } from "../behaviours.js";
import { type Check, promise } from "../check.js";
import { errorOf } from "../run-call.js";

const PAGE = `<html><head><title>502 Bad Gateway</title></head><body>${"<p>nothing here</p>".repeat(2000)}</body></html>`;

export const htmlErrorPage: Check = {
  name: "html-error-page",
  promise: "An error page of a proxy, or an empty one, is an error with its status, and no page is passed on.",
  async run(kit) {
    kit.needUpstream();
    const [recording] = kit.good("complete");
    for (const status of [404, 500, 502, 503]) {
      for (const [kind, body] of [
        ["an HTML page", PAGE],
        ["an empty body", ""],
      ] as const) {
        const when = `after ${status} with ${kind}`;
        const error = errorOf(
          await kit.play(recording, answerWith(status, body, { "content-type": "text/html" })),
          when,
        );
        promise(
          error.facts.providerStatus === status,
          `the status ${status} kept ${when}`,
          String(error.facts.providerStatus),
        );
        promise(
          error.message.length < 5000,
          `a message of a readable length ${when}`,
          `${error.message.length} characters`,
        );
        promise(error.message.trim() !== "", `a message ${when}`, "none");
      }
    }
  },
};
