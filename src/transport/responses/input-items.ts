import { invalid, isObject, type JsonObject, type JsonValue } from "../../sdk/index.js";
import { itemsText } from "./conversation.js";

/** Which piece of a list is asked for: https://platform.openai.com/docs/api-reference/responses/input-items */
export interface ItemsQuery {
  /** 1 to 100. */
  readonly limit: number;
  readonly order: "asc" | "desc";
  readonly after: string | undefined;
}

const DEFAULT_LIMIT = 20;
const MAX_LIMIT = 100;

/** Reads a query. Throws `invalid_request` that names the parameter. */
export function readItemsQuery(query: Readonly<Record<string, unknown>>): ItemsQuery {
  const { limit: wanted = DEFAULT_LIMIT, order = "desc", after } = query;
  const limit = Number(wanted);
  if (!Number.isInteger(limit) || limit < 1 || limit > MAX_LIMIT) {
    throw invalid("limit", `limit must be a whole number from 1 to ${MAX_LIMIT}.`);
  }
  if (order !== "asc" && order !== "desc") throw invalid("order", "order must be asc or desc.");
  if (after !== undefined && typeof after !== "string") throw invalid("after", "after must be given once.");
  return { limit, order, after };
}

/** One page of a turn's input. `input`: its JSON text; `id`: that of the answer. */
export function inputItemsPage(id: string, input: string, { limit, order, after }: ItemsQuery): JsonObject {
  const items = inputItems(id, input);
  if (order === "desc") items.reverse();
  const found = after === undefined ? -1 : items.findIndex((item) => item.id === after);
  if (after !== undefined && found === -1) throw invalid("after", `after: there is no item "${after}" in the list.`);
  const data = items.slice(found + 1, found + 1 + limit);
  return {
    object: "list",
    data,
    first_id: data[0]?.id ?? null,
    last_id: data[data.length - 1]?.id ?? null,
    has_more: found + 1 + limit < items.length,
  };
}

/** How ids begin that items get where their caller gave them none. */
const PREFIXES: Readonly<Record<string, string>> = {
  message: "msg",
  reasoning: "rs",
  function_call: "fc",
  function_call_output: "fco",
  custom_tool_call: "ctc",
  custom_tool_call_output: "ctco",
};

/** The items of an input, whole: each with an id, which is the same whenever it is asked for. */
function inputItems(id: string, input: string): JsonObject[] {
  const items = JSON.parse(`[${itemsText(input)}]`) as JsonValue[];
  const digits = id.replace(/^resp_/, "");
  return items.filter(isObject).map((item, index) => {
    const type = typeof item.type === "string" ? item.type : "message";
    const whole = { ...item, type, id: item.id ?? `${PREFIXES[type] ?? "item"}_${digits}i${index}` };
    return type === "message" ? { status: "completed", ...whole, content: contentOf(item) } : whole;
  });
}

function contentOf({ role, content }: JsonObject): JsonValue {
  if (typeof content !== "string") return content ?? [];
  return role === "assistant"
    ? [{ type: "output_text", text: content, annotations: [] }]
    : [{ type: "input_text", text: content }];
}
