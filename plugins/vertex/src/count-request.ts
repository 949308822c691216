import { isObject, type JsonObject } from "@parlance/sdk";

/** What a count takes here: https://cloud.google.com/vertex-ai/generative-ai/docs/model-reference/count-tokens */
const KNOWN = ["contents", "systemInstruction", "system_instruction", "tools", "generationConfig", "generation_config"];

/**
 * The body of a count as Vertex takes it. The Gemini API has a whole request in `generateContentRequest`; here its parts
 * lie open, fewer of them, and any other is refused.
 */
export function countRequest(body: string): string {
  const asked = JSON.parse(body) as JsonObject;
  const whole = asked.generateContentRequest ?? asked.generate_content_request;
  const request = isObject(whole) ? whole : asked;
  return JSON.stringify(Object.fromEntries(Object.entries(request).filter(([name]) => KNOWN.includes(name))));
}
