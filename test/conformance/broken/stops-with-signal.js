import { acme } from "./acme.js";

/** Does not listen to its signal. */
export default acme({ signalOf: () => new AbortController().signal });
