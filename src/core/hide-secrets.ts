import { ParlanceError } from "../sdk/index.js";

/** Shorter values would be found in plain words; a credential is longer. */
const LEAST_LENGTH = 8;
const HIDDEN = "[hidden]";

/** The parts of credentials and headers by which they are known in a text, longest first. */
export function secretsOf(values: Iterable<string | undefined>): readonly string[] {
  const secrets = new Set<string>();
  for (const value of values) {
    // Of "Bearer abc" the second word is quoted as often as the whole.
    for (const part of [value ?? "", ...(value ?? "").split(/\s+/)]) if (part.length >= LEAST_LENGTH) secrets.add(part);
  }
  return [...secrets].sort((a, b) => b.length - a.length);
}

/** A text without the secrets. */
export function hideIn(text: string, secrets: readonly string[]): string {
  return secrets.reduce((out, secret) => out.replaceAll(secret, HIDDEN), text);
}

/**
 * The error without a credential that the provider, or its plugin, has quoted; the same error when there is none.
 * An answer that would have passed as it came is told in the gateway's words then.
 */
export function hideSecrets(error: ParlanceError, secrets: readonly string[]): ParlanceError {
  const { answer, field, providerCode, providerType, cause } = error.facts;
  const stack = cause instanceof Error ? (cause.stack ?? "") : "";
  const texts = [error.message, field ?? "", providerCode ?? "", providerType ?? "", stack];
  const quoted = secrets.some((secret) => texts.some((text) => text.includes(secret)) || answer?.body.includes(secret));
  if (!quoted) return error;
  const hide = (text: string): string => hideIn(text, secrets);
  return new ParlanceError(error.code, hide(error.message), {
    ...error.facts,
    answer: undefined,
    field: field && hide(field),
    providerCode: providerCode && hide(providerCode),
    providerType: providerType && hide(providerType),
    cause: cause instanceof Error ? Object.assign(new Error(hide(cause.message)), { stack: hide(stack) }) : undefined,
  });
}
