import {
  type DescEnum,
  type DescField,
  type DescMessage,
  type JsonValue,
  type Message,
  ScalarType,
  toJson,
} from "@bufbuild/protobuf";
import type { Duration, Timestamp } from "@bufbuild/protobuf/wkt";

/**
 * A message in protobuf's JSON form, as protobuf-es's `toJson` makes it, from plans that are made once for each kind of
 * message. What the plans do not know (most of protobuf's own messages, files that are not of proto3) is left to `toJson`.
 * https://protobuf.dev/programming-guides/json/
 */
export function messageToJson(desc: DescMessage, message: Message): JsonValue {
  return planOf(desc)(message);
}

type ToJson = (value: never) => JsonValue;
type Fields = Record<string, unknown>;

interface Member {
  readonly name: string;
  readonly add: (json: Record<string, JsonValue>, value: never) => void;
}

const PROTO3 = 999;
const IMPLICIT = 2;
const plans = new Map<DescMessage, (message: Message) => JsonValue>();

function planOf(desc: DescMessage): (message: Message) => JsonValue {
  let plan = plans.get(desc);
  if (plan === undefined) {
    plan = makePlan(desc);
    plans.set(desc, plan);
  }
  return plan;
}

function makePlan(desc: DescMessage): (message: Message) => JsonValue {
  const byLibrary = (message: Message): JsonValue => toJson(desc, message);
  if (desc.typeName === "google.protobuf.Timestamp")
    return (message) => timestamp(message as Timestamp) ?? byLibrary(message);
  if (desc.typeName === "google.protobuf.Duration")
    return (message) => duration(message as Duration) ?? byLibrary(message);
  const isOwn = ({ message }: DescField): boolean =>
    message === undefined || /^(?!google\.protobuf\.)|\.(Struct|Timestamp|Duration)$/.test(message.typeName);
  if (desc.file.edition !== PROTO3 || desc.typeName.startsWith("google.protobuf.") || !desc.fields.every(isOwn)) {
    return byLibrary;
  }
  // Made on first use, since messages may hold themselves.
  let members: readonly Member[] | undefined;
  return (message) => {
    members ??= membersOf(desc);
    const json: Record<string, JsonValue> = {};
    for (const { name, add } of members) {
      const value = (message as Message & Fields)[name];
      if (value !== undefined) add(json, value as never);
    }
    return json;
  };
}

function membersOf(desc: DescMessage): Member[] {
  return desc.members.map((member) => {
    if (member.kind === "field") return { name: member.localName, add: adderOf(member) };
    const byCase = new Map(member.fields.map((field) => [field.localName, adderOf(field)]));
    return {
      name: member.localName,
      add(json, held: { case: string | undefined; value?: unknown }) {
        if (held.case !== undefined) byCase.get(held.case)?.(json, held.value as never);
      },
    };
  });
}

function adderOf(field: DescField): Member["add"] {
  const { jsonName } = field;
  const convert = converterOf(field);
  if (field.fieldKind === "list") {
    return (json, values: never[]) => {
      if (values.length > 0) json[jsonName] = values.map(convert);
    };
  }
  if (field.fieldKind === "map") {
    return (json, map: Record<string, never>) => {
      const names = Object.keys(map);
      if (names.length > 0)
        json[jsonName] = Object.fromEntries(names.map((name) => [name, convert(map[name] as never)]));
    };
  }
  if (field.presence !== IMPLICIT) {
    return (json, value) => {
      json[jsonName] = convert(value);
    };
  }
  return (json, value) => {
    if (!isZero(value)) json[jsonName] = convert(value);
  };
}

function isZero(value: unknown): boolean {
  return (
    Object.is(value, 0) ||
    value === "" ||
    value === false ||
    value === 0n ||
    (value instanceof Uint8Array && value.length === 0)
  );
}

function converterOf(field: DescField): ToJson {
  if (field.message !== undefined) {
    // protobuf-es holds a Struct as the JSON object that it stands for.
    return field.message.typeName === "google.protobuf.Struct" ? (value: JsonValue) => value : planOf(field.message);
  }
  if (field.enum !== undefined) return enumConverter(field.enum);
  switch (field.scalar) {
    case ScalarType.BYTES:
      return (value: Uint8Array) => Buffer.from(value.buffer, value.byteOffset, value.length).toString("base64");
    case ScalarType.DOUBLE:
    case ScalarType.FLOAT:
      return (value: number) => (Number.isFinite(value) ? value : String(value));
    case ScalarType.INT64:
    case ScalarType.UINT64:
    case ScalarType.SINT64:
    case ScalarType.FIXED64:
    case ScalarType.SFIXED64:
      return String;
    default:
      return (value: JsonValue) => value;
  }
}

function enumConverter(desc: DescEnum): ToJson {
  if (desc.typeName === "google.protobuf.NullValue") return () => null;
  const names = new Map(desc.values.map(({ number, name }) => [number, name]));
  return (value: number) => names.get(value) ?? value;
}

/** Undefined for what has more than whole milliseconds, or a year beyond four digits. */
function timestamp({ seconds, nanos }: Timestamp): string | undefined {
  if (nanos % 1_000_000 !== 0 || nanos < 0 || seconds < 0n || seconds > 253_402_300_799n) return undefined;
  const text = new Date(Number(seconds) * 1000 + nanos / 1_000_000).toISOString();
  return nanos === 0 ? text.replace(".000Z", "Z") : text;
}

/** Undefined for what has more than whole milliseconds, or is negative. */
function duration({ seconds, nanos }: Duration): string | undefined {
  if (nanos % 1_000_000 !== 0 || nanos < 0 || nanos >= 1_000_000_000 || seconds < 0n || seconds > 315_576_000_000n)
    return undefined;
  return nanos === 0 ? `${seconds}s` : `${seconds}.${String(nanos / 1_000_000).padStart(3, "0")}s`;
}
