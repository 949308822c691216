import { ScalarType } from "@bufbuild/protobuf";
import type { ProtoWriter } from "./proto-writer.js";

/** Writes a value without its tag. */
export type WriteScalar = (writer: ProtoWriter, value: never) => void;

/** How one of protobuf's scalars is written. */
export interface Scalar {
  readonly write: WriteScalar;
  /** https://protobuf.dev/programming-guides/encoding/#structure */
  readonly wireType: number;
  /** The value that a field without presence leaves out. */
  readonly zero: unknown;
  /** The value of a map's key, which in JavaScript is a name. */
  fromName(name: string): unknown;
}

const VARINT = 0;
const BITS64 = 1;
const BYTES = 2;
const BITS32 = 5;

/** The scalar of a type. */
export function scalarOf(type: ScalarType): Scalar {
  return SCALARS[type];
}

const ofNumber = (wireType: number, write: (writer: ProtoWriter, value: number) => void): Scalar => ({
  write,
  wireType,
  zero: 0,
  fromName: Number,
});

// An int64 may be held as a string where a file asks for it.
const ofBigint = (wireType: number, write: (writer: ProtoWriter, value: bigint) => void): Scalar => ({
  write: (writer: ProtoWriter, value: bigint | string | number) => write(writer, BigInt(value)),
  wireType,
  zero: 0n,
  fromName: BigInt,
});

const SCALARS: Readonly<Record<ScalarType, Scalar>> = {
  [ScalarType.DOUBLE]: ofNumber(BITS64, (writer, value) => writer.double(value)),
  [ScalarType.FLOAT]: ofNumber(BITS32, (writer, value) => writer.float(value)),
  [ScalarType.INT64]: ofBigint(VARINT, (writer, value) => writer.varint64(value)),
  [ScalarType.UINT64]: ofBigint(VARINT, (writer, value) => writer.varint64(value)),
  [ScalarType.SINT64]: ofBigint(VARINT, (writer, value) => writer.varint64((value << 1n) ^ (value >> 63n))),
  [ScalarType.FIXED64]: ofBigint(BITS64, (writer, value) => writer.fixed64(value)),
  [ScalarType.SFIXED64]: ofBigint(BITS64, (writer, value) => writer.fixed64(value)),
  [ScalarType.INT32]: ofNumber(VARINT, (writer, value) => {
    checkInt32(value);
    // A negative number is written with all of its 64 bits.
    if (value < 0) writer.varint64(BigInt(value));
    else writer.varint(value);
  }),
  [ScalarType.UINT32]: ofNumber(VARINT, (writer, value) => {
    checkUint32(value);
    writer.varint(value);
  }),
  [ScalarType.SINT32]: ofNumber(VARINT, (writer, value) => {
    checkInt32(value);
    writer.varint(((value << 1) ^ (value >> 31)) >>> 0);
  }),
  [ScalarType.FIXED32]: ofNumber(BITS32, (writer, value) => {
    checkUint32(value);
    writer.fixed32(value);
  }),
  [ScalarType.SFIXED32]: ofNumber(BITS32, (writer, value) => {
    checkInt32(value);
    writer.fixed32(value >>> 0);
  }),
  [ScalarType.BOOL]: {
    write: (writer: ProtoWriter, value: boolean) => writer.byte(value ? 1 : 0),
    wireType: VARINT,
    zero: false,
    fromName: (name) => name === "true",
  },
  [ScalarType.STRING]: {
    write: (writer: ProtoWriter, value: string) => writer.text(value),
    wireType: BYTES,
    zero: "",
    fromName: String,
  },
  [ScalarType.BYTES]: {
    write: (writer: ProtoWriter, value: Uint8Array) => {
      writer.raw(value);
      writer.varint(value.length);
    },
    wireType: BYTES,
    // Bytes are never identical; whoever leaves zeros out looks at their length.
    zero: undefined,
    fromName: String,
  },
};

function checkInt32(value: number): void {
  if (value !== (value | 0)) throw new RangeError(`${value} is no 32-bit integer`);
}

function checkUint32(value: number): void {
  if (value !== value >>> 0) throw new RangeError(`${value} is no unsigned 32-bit integer`);
}
