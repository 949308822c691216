import process from "node:process";
import { acme, STEPS } from "./acme.js";

/** Logs with which key it was refused. */
export default acme({
  refusal(status, headers, words, settings) {
    if (status === 403) process.stderr.write(`The key ${settings.apiKey} may not.\n`);
    return STEPS.refusal(status, headers, words, settings);
  },
});
