import { ParlanceError } from "@parlance/sdk";
import { acme } from "./acme.js";

/** Tries once more by itself. */
export default acme({
  async send(http, request) {
    const answer = await http.send(request).catch((error) => {
      if (ParlanceError.is(error) && error.code === "provider_unavailable") return http.send(request);
      throw error;
    });
    return answer.status === 429 || answer.status >= 500 ? http.send(request) : answer;
  },
});
