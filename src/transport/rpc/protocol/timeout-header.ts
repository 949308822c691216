import { ParlanceError } from "../../../sdk/index.js";

const UNITS: Readonly<Record<string, number>> = {
  H: 3_600_000,
  M: 60_000,
  S: 1000,
  m: 1,
  u: 0.001,
  n: 0.000_001,
};

/**
 * Milliseconds of a `grpc-timeout`: at most eight digits and a unit
 * (https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md#requests). Throws `invalid_request`.
 */
export function grpcTimeout(value: string | undefined): number | undefined {
  if (value === undefined) return undefined;
  const match = /^(\d{1,8})([HMSmun])$/.exec(value);
  if (match === null) throw malformed("grpc-timeout", value);
  return Number(match[1]) * (UNITS[match[2] as string] as number);
}

/** Milliseconds of a `connect-timeout-ms`: at most ten digits (https://connectrpc.com/docs/protocol#unary-request). */
export function connectTimeout(value: string | undefined): number | undefined {
  if (value === undefined) return undefined;
  if (!/^\d{1,10}$/.test(value)) throw malformed("connect-timeout-ms", value);
  return Number(value);
}

function malformed(field: string, value: string): ParlanceError {
  return new ParlanceError("invalid_request", `The header ${field} is not a timeout: ${JSON.stringify(value)}.`, {
    field,
  });
}
