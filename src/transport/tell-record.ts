import { toJson } from "@bufbuild/protobuf";
import type { Exchange } from "../core/exchange.js";
import {
  type Attempt,
  AttemptSchema,
  CostSchema,
  isObject,
  type JsonObject,
  type JsonValue,
  JsonSyntaxError,
  type Loss,
  LossKind,
  readMember,
  skim,
  splice,
} from "../sdk/index.js";

/** Name of the record's member in a body, where losses are told too. */
const MEMBER = "parlance";
/** Clients take 8 to 16 KiB of headers in all. */
const MOST_HEADER_CHARACTERS = 4096;
/** Of what an attempt's error says: a provider's words may be long. */
const MOST_MESSAGE_CHARACTERS = 500;
const PROTO_NAMES = { useProtoFieldName: true } as const;

/**
 * What has been tried so far, for a header: ASCII, and bounded. What an attempt's error says is left out where there is
 * no room for it, and then the attempts in the middle.
 */
export function recordHeader({ attempts }: Exchange): string {
  const whole = attempts.map(attemptJson);
  const text = headerText({ attempts: whole });
  if (text.length <= MOST_HEADER_CHARACTERS) return text;
  const brief = whole.map(({ error_message: _, reason: __, ...facts }) => facts);
  for (let omitted = 0; omitted < brief.length; omitted += 1) {
    const first = Math.ceil((brief.length - omitted) / 2);
    const kept = [...brief.slice(0, first), ...brief.slice(first + omitted)];
    const shorter = headerText({ attempts: kept, ...(omitted > 0 && { omitted }) });
    if (shorter.length <= MOST_HEADER_CHARACTERS) return shorter;
  }
  return headerText({ attempts: [], omitted: brief.length });
}

/** A body with the record in its member `parlance`, beside what stands there; the same bytes where it is not asked for. */
export function withRecord(body: Buffer, exchange: Exchange): Buffer {
  if (!inBody(exchange)) return body;
  try {
    const members = skim(body);
    const there = members.byName.get(MEMBER);
    const said = readMember(body, members, MEMBER) as JsonValue | undefined;
    const record = recordOf(exchange);
    if (there !== undefined) {
      const earlier = isObject(said) ? said : {};
      // What the dialect has told of losses already is no less.
      const told = { ...earlier, ...record, ...(earlier.losses !== undefined && { losses: earlier.losses }) };
      return splice(body, [{ ...there, text: JSON.stringify(told) }]);
    }
    const text = `${members.byName.size === 0 ? "" : ","}"${MEMBER}":${JSON.stringify(record)}`;
    return splice(body, [{ start: members.close, end: members.close, text }]);
  } catch (thrown) {
    // What is not a JSON object has no place for it.
    if (thrown instanceof JsonSyntaxError) return body;
    throw thrown;
  }
}

/** The record as a comment of a stream of server-sent events; empty where it is not asked for. */
export function recordComment(exchange: Exchange): string {
  return inBody(exchange) ? `: ${MEMBER} ${JSON.stringify(recordOf(exchange))}\n\n` : "";
}

function inBody({ record }: Exchange): boolean {
  return record === "body" || record === "both";
}

function recordOf({ id, attempts, losses, cost }: Exchange): JsonObject {
  return {
    request_id: id,
    attempts: attempts.map(attemptJson),
    ...(losses.list.length > 0 && { losses: losses.list.map(lossJson) }),
    ...(cost !== undefined && { cost: toJson(CostSchema, cost, PROTO_NAMES) }),
  };
}

/** As the dialects tell losses in the same member. */
function lossJson({ path, kind, reason }: Loss): JsonObject {
  return { path, kind: (LossKind[kind] ?? "").toLowerCase(), reason };
}

function attemptJson(attempt: Attempt): JsonObject {
  const json = toJson(AttemptSchema, attempt, PROTO_NAMES) as JsonObject;
  const said = attempt.errorMessage;
  if (said !== undefined && said.length > MOST_MESSAGE_CHARACTERS) {
    json.error_message = `${said.slice(0, MOST_MESSAGE_CHARACTERS)}...`;
  }
  return json;
}

/** Header values are visible ASCII (RFC 9110 §5.5), and JSON can spell everything else so. */
function headerText(value: JsonObject): string {
  return JSON.stringify(value).replace(
    /[^\x20-\x7e]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
