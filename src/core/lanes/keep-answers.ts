import type { TargetErrors } from "../../sdk/index.js";

/**
 * The dialect for callers of the vendor's own API: every refusal keeps the provider's answer as it came, so that one
 * target's reaches the caller unchanged. A refusal of the gateway's own credential does not: it may quote it.
 */
export function keepAnswers(dialect: TargetErrors): TargetErrors {
  return {
    ...dialect,
    decodeError(status, headers, body) {
      const error = dialect.decodeError(status, headers, body);
      if (error.code === "provider_unauthenticated") return error;
      return error.with({
        answer: { dialect: dialect.name, status, contentType: headers["content-type"] ?? "", body },
      });
    },
  };
}
