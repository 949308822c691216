import { forward } from "../../core/forward.js";
import type { Gateway } from "../../core/gateway.js";
import { chatEndpoint, isVerbatim } from "../../core/lanes/chat-endpoint.js";
import { openaiResponses } from "../../dialects/openai-responses/index.js";
import { ParlanceError } from "../../sdk/index.js";

/** What the holder of an answer said. */
export interface HolderAnswer {
  readonly body: Buffer;
  readonly contentType: string;
  /** Those of the provider's headers that are for the caller. */
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * Asks the provider that made an answer: `path` comes after that of its Responses, query included. Throws the provider's
 * refusal, or `provider_unavailable` when the target is not configured any more.
 */
export async function askHolder(
  gateway: Gateway,
  target: string,
  method: "GET" | "POST" | "DELETE",
  path: string,
): Promise<HolderAnswer> {
  const provider = gateway.models().find(target)?.[0]?.provider;
  const ready = await provider?.ready();
  const { wire } = ready?.provider ?? {};
  if (ready === undefined || !isVerbatim(wire, openaiResponses)) {
    throw new ParlanceError(
      "provider_unavailable",
      `The response is held by ${target}, which cannot be asked any more.`,
    );
  }
  const base = chatEndpoint(wire, openaiResponses)?.path ?? "";
  const { status, headers, body } = await forward(ready, { method, path: base + path });
  if (status < 200 || status > 299) throw openaiResponses.decodeError(status, headers, body);
  const forCaller: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (typeof value === "string" && openaiResponses.isForCaller?.(name)) forCaller[name] = value;
  }
  return { body, contentType: headers["content-type"] ?? "application/json", headers: forCaller };
}
