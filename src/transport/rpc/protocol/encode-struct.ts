import type { JsonObject, JsonValue } from "@bufbuild/protobuf";
import type { ProtoWriter } from "./proto-writer.js";

// Tags: the field's number times eight, and the wire type
// (https://github.com/protocolbuffers/protobuf/blob/main/src/google/protobuf/struct.proto).
const STRUCT_FIELDS = 0x0a;
const ENTRY_KEY = 0x0a;
const ENTRY_VALUE = 0x12;
const LIST_VALUES = 0x0a;
const VALUE_NULL = 0x08;
const VALUE_NUMBER = 0x11;
const VALUE_STRING = 0x1a;
const VALUE_BOOL = 0x20;
const VALUE_STRUCT = 0x2a;
const VALUE_LIST = 0x32;

/** Writes a JSON object as a `google.protobuf.Struct`, without the length before it. */
export function writeStruct(writer: ProtoWriter, object: JsonObject): void {
  const names = Object.keys(object);
  for (let i = names.length - 1; i >= 0; i -= 1) {
    const name = names[i] as string;
    const entry = writer.size;
    writeNested(writer, object[name] as JsonValue, ENTRY_VALUE);
    writer.text(name);
    writer.byte(ENTRY_KEY);
    writer.varint(writer.size - entry);
    writer.byte(STRUCT_FIELDS);
  }
}

function writeNested(writer: ProtoWriter, value: JsonValue, tag: number): void {
  const start = writer.size;
  writeValue(writer, value);
  writer.varint(writer.size - start);
  writer.byte(tag);
}

function writeValue(writer: ProtoWriter, value: JsonValue): void {
  if (typeof value === "string") {
    writer.text(value);
    writer.byte(VALUE_STRING);
  } else if (typeof value === "number") {
    writer.double(value);
    writer.byte(VALUE_NUMBER);
  } else if (typeof value === "boolean") {
    writer.byte(value ? 1 : 0);
    writer.byte(VALUE_BOOL);
  } else if (value === null) {
    writer.byte(0);
    writer.byte(VALUE_NULL);
  } else {
    const start = writer.size;
    const isList = Array.isArray(value);
    if (isList) for (let i = value.length - 1; i >= 0; i -= 1) writeNested(writer, value[i] as JsonValue, LIST_VALUES);
    else writeStruct(writer, value);
    writer.varint(writer.size - start);
    writer.byte(isList ? VALUE_LIST : VALUE_STRUCT);
  }
}
