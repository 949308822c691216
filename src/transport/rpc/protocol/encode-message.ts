import {
  type DescField,
  type DescMessage,
  type JsonObject,
  type Message,
  ScalarType,
  toBinary,
} from "@bufbuild/protobuf";
import { writeStruct } from "./encode-struct.js";
import type { ProtoWriter } from "./proto-writer.js";
import { type WriteScalar, scalarOf } from "./scalars.js";

/**
 * Writes a message as protobuf-es's `toBinary` would, from plans that are made once for each kind of message: many times
 * quicker for the small ones that a stream is made of. What the plans do not know (fields of a later
 * version, messages that are not of proto3) is left to `toBinary`.
 */
export function writeMessage(writer: ProtoWriter, desc: DescMessage, message: Message): void {
  planOf(desc).write(writer, message);
}

type Fields = Record<string, unknown> & Message;
type WriteValue = (writer: ProtoWriter, value: never) => void;

interface Plan {
  write(writer: ProtoWriter, message: Fields): void;
}

/** What lies in one property of a message: a field, or the one that is set of a oneof. Last field first. */
interface Member {
  readonly name: string;
  readonly write: WriteValue;
}

const BYTES = 2;
const PROTO3 = 999;
const IMPLICIT = 2;
const plans = new Map<DescMessage, Plan>();

function planOf(desc: DescMessage): Plan {
  let plan = plans.get(desc);
  if (plan === undefined) {
    plan = makePlan(desc);
    plans.set(desc, plan);
  }
  return plan;
}

function makePlan(desc: DescMessage): Plan {
  const bySelf = (writer: ProtoWriter, message: Fields): void => writer.raw(toBinary(desc, message));
  if (!isPlanned(desc)) return { write: bySelf };
  // Made on first use, since messages may hold themselves.
  let members: readonly Member[] | undefined;
  return {
    write(writer, message) {
      if (message.$unknown !== undefined && message.$unknown.length > 0) {
        bySelf(writer, message);
        return;
      }
      members ??= membersOf(desc);
      for (let i = 0; i < members.length; i += 1) {
        const { name, write } = members[i] as Member;
        const value = message[name];
        if (value !== undefined) write(writer, value as never);
      }
    },
  };
}

/** Wrappers such as StringValue are held as bare values, and a Struct in a Value is none; nothing of ours has them. */
function isPlanned({ file, fields, typeName }: DescMessage): boolean {
  const isWrapper = (field: DescField): boolean =>
    field.fieldKind === "message" && /^google\.protobuf\.\w+Value$/.test(field.message.typeName);
  return file.edition === PROTO3 && !typeName.startsWith("google.protobuf.Value") && !fields.some(isWrapper);
}

function membersOf(desc: DescMessage): Member[] {
  const members: Member[] = [];
  const fields = [...desc.fields].sort((a, b) => b.number - a.number);
  const oneofs = new Set<string>();
  for (const field of fields) {
    const { oneof } = field;
    if (oneof === undefined) {
      members.push({ name: field.localName, write: writerOf(field) });
    } else if (!oneofs.has(oneof.localName)) {
      oneofs.add(oneof.localName);
      const byCase = new Map(oneof.fields.map((one) => [one.localName, writerOf(one)]));
      const write = (writer: ProtoWriter, held: { case: string | undefined; value?: unknown }): void => {
        if (held.case !== undefined) byCase.get(held.case)?.(writer, held.value as never);
      };
      members.push({ name: oneof.localName, write });
    }
  }
  return members;
}

function writerOf(field: DescField): WriteValue {
  switch (field.fieldKind) {
    case "message":
      return messageWriter(field.message, tagOf(field, BYTES));
    case "list":
      return listWriter(field);
    case "map":
      return mapWriter(field);
    default: {
      const { write, wireType, zero } = scalarOf(field.fieldKind === "enum" ? ScalarType.INT32 : field.scalar);
      const tag = tagOf(field, wireType);
      const skipsZero = field.presence === IMPLICIT;
      return (writer, value) => {
        if (skipsZero && isZero(value, zero)) return;
        write(writer, value);
        writer.varint(tag);
      };
    }
  }
}

function isZero(value: unknown, zero: unknown): boolean {
  return Object.is(value, zero) || (value instanceof Uint8Array && value.length === 0);
}

function messageWriter(desc: DescMessage, tag: number): WriteValue {
  // protobuf-es holds a Struct as the JSON object that it stands for.
  if (desc.typeName === "google.protobuf.Struct") {
    return (writer, value: JsonObject) => {
      const start = writer.size;
      writeStruct(writer, value);
      writer.varint(writer.size - start);
      writer.varint(tag);
    };
  }
  const plan = planOf(desc);
  return (writer, value: Fields) => {
    const start = writer.size;
    plan.write(writer, value);
    writer.varint(writer.size - start);
    writer.varint(tag);
  };
}

function listWriter(field: DescField & { fieldKind: "list" }): WriteValue {
  const bytesTag = tagOf(field, BYTES);
  if (field.listKind === "message") return eachOf(messageWriter(field.message, bytesTag));
  const { write, wireType } = scalarOf(field.listKind === "enum" ? ScalarType.INT32 : field.scalar);
  if (!field.packed) return eachOf(tagged(write, tagOf(field, wireType)));
  return (writer, values: unknown[]) => {
    if (values.length === 0) return;
    const start = writer.size;
    for (let i = values.length - 1; i >= 0; i -= 1) write(writer, values[i] as never);
    writer.varint(writer.size - start);
    writer.varint(bytesTag);
  };
}

function eachOf(write: WriteValue): WriteValue {
  return (writer, values: unknown[]) => {
    for (let i = values.length - 1; i >= 0; i -= 1) write(writer, values[i] as never);
  };
}

function tagged(write: WriteScalar, tag: number): WriteValue {
  return (writer, value) => {
    write(writer, value);
    writer.varint(tag);
  };
}

function mapWriter(field: DescField & { fieldKind: "map" }): WriteValue {
  const key = scalarOf(field.mapKey);
  const writeKey = tagged(key.write, (1 << 3) | key.wireType);
  const writeValue = mapValueWriter(field);
  const tag = tagOf(field, BYTES);
  return (writer, map: Record<string, unknown>) => {
    const names = Object.keys(map);
    for (let i = names.length - 1; i >= 0; i -= 1) {
      const name = names[i] as string;
      const start = writer.size;
      writeValue(writer, map[name] as never);
      writeKey(writer, key.fromName(name) as never);
      writer.varint(writer.size - start);
      writer.varint(tag);
    }
  };
}

function mapValueWriter(field: DescField & { fieldKind: "map" }): WriteValue {
  if (field.mapKind === "message") return messageWriter(field.message, (2 << 3) | BYTES);
  const { write, wireType } = scalarOf(field.mapKind === "enum" ? ScalarType.INT32 : field.scalar);
  return tagged(write, (2 << 3) | wireType);
}

function tagOf(field: DescField, wireType: number): number {
  return ((field.number << 3) | wireType) >>> 0;
}
