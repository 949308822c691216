import { ParlanceError } from "./errors.js";

/** What is told when a plugin's `authorize` threw: its own error, or one that holds nothing of it. */
export function noCredential(thrown: unknown): ParlanceError {
  if (ParlanceError.is(thrown)) return thrown;
  return new ParlanceError("provider_unauthenticated", "No credential for the provider is to be had.", {
    cause: thrown,
  });
}
