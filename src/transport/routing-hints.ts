import type { IncomingHttpHeaders } from "node:http";
import type { Caller } from "../core/exchange.js";
import { LONGEST_MS, parseDuration, toDuration } from "../config/duration.js";
import {
  create,
  invalid,
  isObject,
  type JsonValue,
  kindOf,
  nearest,
  ParlanceError,
  type RoutingHints,
  RoutingHintsSchema,
} from "../sdk/index.js";

/** How one kind of wish is said: in JSON, and in the text of a header. Either throws `invalid_request` that names `path`. */
interface Form {
  fromJson(value: JsonValue, path: string): unknown;
  /** The header's text as JSON would say it. */
  fromText(text: string): JsonValue;
}

const name: Form = { fromJson: readName, fromText: (text) => text.trim() };
const names: Form = { fromJson: readNames, fromText: (text) => text.split(",").map((one) => one.trim()) };
const duration: Form = {
  fromJson: (value, path) => ({ $typeName: "google.protobuf.Duration", ...toDuration(readTimeout(value, path)) }),
  fromText: numberOr,
};
const count: Form = { fromJson: readCount, fromText: numberOr };

/** Every wish: the member of the object `routing`, the field of `parlance.v1.RoutingHints`, and the header. */
const WISHES: readonly { member: string; field: keyof RoutingHints; header: string; form: Form }[] = [
  { member: "strategy", field: "strategy", header: "x-parlance-strategy", form: name },
  { member: "preferred_providers", field: "preferredProviders", header: "x-parlance-providers", form: names },
  { member: "exclude_providers", field: "excludeProviders", header: "x-parlance-exclude-providers", form: names },
  { member: "fallbacks", field: "fallbacks", header: "x-parlance-fallbacks", form: names },
  { member: "context_fallbacks", field: "contextFallbacks", header: "x-parlance-context-fallbacks", form: names },
  { member: "content_fallbacks", field: "contentFallbacks", header: "x-parlance-content-fallbacks", form: names },
  { member: "timeout", field: "timeout", header: "x-parlance-timeout", form: duration },
  { member: "tags", field: "tags", header: "x-parlance-tags", form: names },
  { member: "region", field: "region", header: "x-parlance-region", form: name },
  { member: "sticky_key", field: "stickyKey", header: "x-parlance-sticky-key", form: name },
  { member: "max_attempts", field: "maxAttempts", header: "x-parlance-max-attempts", form: count },
  { member: "on_cut", field: "onCut", header: "x-parlance-on-cut", form: name },
];
const MEMBERS = WISHES.map(({ member }) => member);
/** The headers by which wishes are said. */
export const HINT_HEADERS: readonly string[] = WISHES.map(({ header }) => header);

/**
 * The object `routing` of a REST body. Absent members may be null. Throws `invalid_request` that names the member;
 * whether providers, models and strategies of that name exist is for routing to say. `path`: where the object lies.
 */
export function readRoutingHints(value: JsonValue, path: string): RoutingHints {
  if (!isObject(value)) throw invalid(path, `${path} must be an object, not ${kindOf(value)}.`);
  for (const said of Object.keys(value)) if (!MEMBERS.includes(said)) throw unknownMember(said, path);
  const hints = create(RoutingHintsSchema);
  for (const { member, field, form } of WISHES) {
    const wish = value[member];
    if (wish !== undefined && wish !== null) set(hints, field, form.fromJson(wish, `${path}.${member}`));
  }
  return hints;
}

/**
 * The wishes that headers say, added to those of the body. What both say must be the same: neither is passed over. Throws
 * `invalid_request` that names the header.
 */
export function addHeaderHints(said: RoutingHints | undefined, headers: IncomingHttpHeaders): RoutingHints | undefined {
  let hints = said;
  for (const { member, field, header, form } of WISHES) {
    const text = headers[header];
    if (text === undefined) continue;
    const wish = form.fromJson(form.fromText(String(text)), header);
    const earlier = hints?.[field];
    if (earlier !== undefined && !(Array.isArray(earlier) && earlier.length === 0)) {
      if (toText(earlier) === toText(wish)) continue;
      throw invalid(header, `${header} and routing.${member} ask for different things. Give one of them.`);
    }
    hints ??= create(RoutingHintsSchema);
    set(hints, field, wish);
  }
  return hints;
}

/**
 * An error of a wish in the words in which it was said: routing knows members of `routing`, and not that a caller may have
 * said one in a header. The same error where it is of something else.
 */
export function inCallersWords(error: ParlanceError, caller: Caller | undefined): ParlanceError {
  const { field } = error.facts;
  if (caller === undefined || field === undefined || !field.startsWith(ROUTING)) return error;
  const member = field.slice(ROUTING.length).split("[", 1)[0];
  const wish = WISHES.find((one) => one.member === member);
  if (wish === undefined || caller.header(wish.header) === undefined) return error;
  const rename = (text: string): string => text.replaceAll(ROUTING + wish.member, wish.header);
  return new ParlanceError(error.code, rename(error.message), { ...error.facts, field: rename(field) });
}

const ROUTING = "routing.";

/** By whoever has read the wish in the form of its field. */
function set(hints: RoutingHints, field: keyof RoutingHints, wish: unknown): void {
  Object.assign(hints, { [field]: wish });
}

function toText(wish: unknown): string {
  return JSON.stringify(wish, (_key, value: unknown) => (typeof value === "bigint" ? String(value) : value));
}

function unknownMember(said: string, path: string): Error {
  const near = nearest(said, MEMBERS)[0];
  const hint = near === undefined ? `It may hold ${MEMBERS.join(", ")}.` : `Did you mean ${near}?`;
  return invalid(`${path}.${said}`, `${path} has no member "${said}". ${hint}`);
}

function readNames(value: JsonValue, path: string): string[] {
  if (!Array.isArray(value)) throw invalid(path, `${path} must be an array of names, not ${kindOf(value)}.`);
  return value.map((one, index) => readName(one, `${path}[${index}]`));
}

function readName(value: JsonValue, path: string): string {
  if (typeof value === "string" && value !== "") return value;
  throw invalid(path, `${path} must be a name, not ${value === "" ? "an empty string" : kindOf(value)}.`);
}

function numberOr(text: string): JsonValue {
  return /^\d+(?:\.\d+)?$/.test(text.trim()) ? Number(text) : text.trim();
}

/** Milliseconds. */
function readTimeout(value: JsonValue, path: string): number {
  const milliseconds = typeof value === "string" ? parseDuration(value) : value;
  if (typeof milliseconds !== "number" || milliseconds <= 0 || milliseconds > LONGEST_MS) {
    throw invalid(
      path,
      `${path} must be a duration such as "30s" or "1m30s", or a number of milliseconds, above 0 and below 25 days.`,
    );
  }
  return milliseconds;
}

function readCount(value: JsonValue, path: string): number {
  if (typeof value === "number" && Number.isInteger(value) && value > 0 && value <= MOST) return value;
  throw invalid(path, `${path} must be a whole number above 0, not ${JSON.stringify(value)}.`);
}

const MOST = 2_147_483_647;
