import { errorFromStatus } from "@parlance/sdk";
import { acme } from "./acme.js";

/** Tells in an error with which key it was refused. */
export default acme({
  refusal(status, headers, words, { apiKey }) {
    return errorFromStatus(status, headers, status === 403 ? { message: `The key ${apiKey} may not.` } : words);
  },
});
