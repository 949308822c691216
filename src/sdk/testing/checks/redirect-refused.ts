import { answerWith } from "../behaviours.js";
import { type Check, promise } from "../check.js";
import { errorOf } from "../run-call.js";

export const redirectRefused: Check = {
  name: "redirect-refused",
  promise: "It does not follow a redirect, which could carry the credential elsewhere.",
  async run(kit) {
    kit.needUpstream();
    const [recording] = kit.good("complete");
    for (const status of [302, 307, 308]) {
      const away = answerWith(status, "", { location: `${kit.upstream.url}/elsewhere` });
      errorOf(await kit.play(recording, away), `after a redirect (${status})`);
      const { length } = kit.upstream.seen;
      promise(length === 1, `one call after a redirect (${status})`, `${length}`);
    }
  },
};
