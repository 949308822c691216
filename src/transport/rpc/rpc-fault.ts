import { type ErrorCode, ParlanceError } from "../../sdk/index.js";

/** Statuses that gRPC gives to faults of a call's form, which the table of errors has no codes for. */
export const UNIMPLEMENTED = 12;
export const INTERNAL = 13;

/** An error whose RPC status is not that of its code: gRPC prescribes one for each fault of a call's form. */
export class RpcFault extends ParlanceError {
  readonly status: number;

  constructor(code: ErrorCode, status: number, message: string) {
    super(code, message);
    this.status = status;
  }
}

/** The RPC status of any error. */
export function statusOf(error: ParlanceError): number {
  return error instanceof RpcFault ? error.status : error.rule.grpc;
}
