import process from "node:process";
import { acme } from "./acme.js";

/** Helps itself to a key that nobody gave it. */
export default acme({ keyOf: (settings) => settings.apiKey ?? process.env.ACME_API_KEY });
