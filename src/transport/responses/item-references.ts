import { isObject, type JsonObject, type JsonValue, ParlanceError } from "../../sdk/index.js";
import { outputText } from "./conversation.js";
import type { KeptResponses } from "./kept-responses.js";

/** Ids that the gateway gives to the items of an answer begin with the digits of the answer's own. */
const OWN = /^[a-z]+_([0-9a-f]{32})\d+$/;
const OWN_ANYWHERE = /"[a-z]+_[0-9a-f]{32}\d+"/;

/** Whether a body may name an item of an answer that the gateway made. */
export function isOwnItem(body: Buffer): boolean {
  return OWN_ANYWHERE.test(body.toString("utf8"));
}

/**
 * JSON text of an input in which items stand where it referred to them. A reference to an item that only a provider
 * knows stays; one to an item that is gone is refused, as OpenAI does.
 */
export async function resolveReferences(input: string, responses: KeptResponses): Promise<string> {
  const items = JSON.parse(input) as JsonValue;
  if (!Array.isArray(items)) return input;
  const known = new Map<string, JsonObject[]>();
  const out: JsonValue[] = [];
  for (const [index, item] of items.entries()) {
    const response = ownReference(item);
    if (response === undefined) {
      out.push(item);
      continue;
    }
    const kept = known.get(response) ?? (await itemsOf(response, responses));
    known.set(response, kept);
    const id = (item as JsonObject).id as string;
    const found = kept.find((one) => one.id === id);
    if (found === undefined) {
      throw new ParlanceError("invalid_request", `Item with id '${id}' not found.`, { field: `input[${index}].id` });
    }
    out.push(found);
  }
  return JSON.stringify(out);
}

/** Id of the answer whose item is referred to. */
function ownReference(item: JsonValue): string | undefined {
  if (!isObject(item) || item.type !== "item_reference" || typeof item.id !== "string") return undefined;
  const digits = OWN.exec(item.id)?.[1];
  return digits === undefined ? undefined : `resp_${digits}`;
}

async function itemsOf(id: string, responses: KeptResponses): Promise<JsonObject[]> {
  const response = (await responses.get(id))?.response;
  return response === undefined ? [] : (JSON.parse(outputText(response)) as JsonObject[]);
}
