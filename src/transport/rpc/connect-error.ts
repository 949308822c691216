import { ConnectError } from "@connectrpc/connect";
import { BadRequestSchema, RetryInfoSchema } from "../../gen/google/rpc/error_details_pb.js";
import { create, ERRORS, ErrorDetailSchema, type ParlanceError } from "../../sdk/index.js";

/** The error as an RPC status: `ErrorDetail` always, `RetryInfo` when a wait is known, `BadRequest` when a field is at fault. */
export function toConnectError(error: ParlanceError, requestId: string): ConnectError {
  const { facts, rule } = error;
  const details: ConnectError["details"] = [{ desc: ErrorDetailSchema, value: detailOf(error, requestId) }];
  if (facts.retryAfterMs !== undefined) {
    details.push({ desc: RetryInfoSchema, value: { retryDelay: duration(facts.retryAfterMs) } });
  }
  if (facts.field !== undefined) {
    details.push({
      desc: BadRequestSchema,
      value: { fieldViolations: [{ field: facts.field, description: error.message }] },
    });
  }
  const connectError = new ConnectError(error.message, rule.grpc, { "x-request-id": requestId });
  connectError.details = details;
  return connectError;
}

function detailOf(error: ParlanceError, requestId: string) {
  const { facts } = error;
  return create(ErrorDetailSchema, {
    code: error.rule.proto,
    requestId,
    suggestions: [...(facts.suggestions ?? [])],
    attempts: (facts.attempts ?? []).map((attempt) => ({
      target: attempt.target,
      code: ERRORS[attempt.code].proto,
      message: attempt.message,
      ...(attempt.status !== undefined && { status: attempt.status }),
    })),
    ...(facts.field !== undefined && { field: facts.field }),
    ...(facts.provider !== undefined && { provider: facts.provider }),
    ...(facts.providerCode !== undefined && { providerCode: facts.providerCode }),
    ...(facts.providerStatus !== undefined && { providerStatus: facts.providerStatus }),
    ...(facts.retryAfterMs !== undefined && { retryAfter: duration(facts.retryAfterMs) }),
  });
}

function duration(milliseconds: number): { seconds: bigint; nanos: number } {
  return {
    seconds: BigInt(Math.floor(milliseconds / 1000)),
    nanos: Math.round((milliseconds % 1000) * 1_000_000),
  };
}
