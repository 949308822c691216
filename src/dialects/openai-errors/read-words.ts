import { isObject, type JsonObject, type JsonValue, type ProviderWords } from "../../sdk/index.js";

/** Longest text of an unreadable body that is passed on, in characters. */
const MAX_TEXT = 500;

/**
 * What a provider's error body says. Servers of the dialect write it in many shapes:
 * `{error: {...}}`, `{error: "text"}`, `{detail: ...}`, `{object: "error", ...}`, `[{error: {...}}]`, or a web page.
 */
export function readWords(body: string): ProviderWords {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    return { message: readText(body) };
  }
  return wordsOf(value as JsonValue);
}

/** The same for a body that is parsed already. */
export function wordsOf(value: JsonValue): ProviderWords {
  if (Array.isArray(value)) return value.length === 0 ? {} : wordsOf(value[0] as JsonValue);
  if (typeof value === "string") return { message: value };
  if (!isObject(value)) return {};
  const { error, detail } = value;
  if (isObject(error)) return fieldsOf(error);
  if (typeof error === "string") return { ...fieldsOf(value), message: error };
  if (typeof detail === "string") return { ...fieldsOf(value), message: detail };
  if (Array.isArray(detail)) return readValidation(detail);
  if (isObject(detail)) return fieldsOf(detail);
  return fieldsOf(value);
}

function fieldsOf(error: JsonObject): ProviderWords {
  const inner = isObject(error.message) ? JSON.stringify(error.message) : word(error.message);
  return {
    message: inner ?? word(error.error_message),
    // The owner of the dialect has strings; others send the HTTP status as a number.
    code: word(error.code),
    type: word(error.type) ?? word(error.status) ?? word(error.error_type),
    field: word(error.param),
  };
}

/** FastAPI's list of what is wrong: https://fastapi.tiangolo.com/tutorial/handling-errors/ */
function readValidation(detail: readonly JsonValue[]): ProviderWords {
  const first = detail.find(isObject);
  if (first === undefined) return {};
  const place = Array.isArray(first.loc) ? first.loc.filter((step) => step !== "body") : [];
  const field = place.reduce<string>(
    (path, step) =>
      typeof step === "number" ? `${path}[${step}]` : path === "" ? String(step) : `${path}.${String(step)}`,
    "",
  );
  const messages = detail
    .filter(isObject)
    .map((item) => word(item.msg))
    .filter((item) => item !== undefined);
  return { message: messages.join("; "), type: word(first.type), field: field === "" ? undefined : field };
}

function word(value: JsonValue | undefined): string | undefined {
  if (typeof value === "string") return value === "" ? undefined : value;
  return typeof value === "number" ? String(value) : undefined;
}

/** A proxy's page is told by its title, other text as it is. */
function readText(body: string): string {
  const title = /<title[^>]*>([^<]*)<\/title>/i.exec(body)?.[1]?.trim();
  if (title) return title;
  return /<html|<!doctype/i.test(body) ? "" : body.trim().slice(0, MAX_TEXT);
}
