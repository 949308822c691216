import { create, type DescMessage, type Message } from "@bufbuild/protobuf";
import { BadRequestSchema, RetryInfoSchema } from "../gen/google/rpc/error_details_pb.js";
import { type ErrorDetail, ErrorDetailSchema } from "../gen/parlance/v1/error_details_pb.js";
import { ERRORS, type ParlanceError } from "./errors.js";

/** A message that explains a status. */
export interface StatusDetail {
  readonly desc: DescMessage;
  readonly value: Message;
}

/**
 * What an RPC error tells: `ErrorDetail` always, `RetryInfo` when a wait is known, `BadRequest` when a field is at fault.
 * `brief` leaves out what each attempt said, which may be long.
 */
export function errorDetails(error: ParlanceError, requestId: string, brief = false): StatusDetail[] {
  const { facts } = error;
  const details: StatusDetail[] = [{ desc: ErrorDetailSchema, value: detailOf(error, requestId, brief) }];
  if (facts.retryAfterMs !== undefined) {
    const value = create(RetryInfoSchema, { retryDelay: duration(facts.retryAfterMs) });
    details.push({ desc: RetryInfoSchema, value });
  }
  if (facts.field !== undefined) {
    const value = create(BadRequestSchema, {
      fieldViolations: [{ field: facts.field, description: brief ? "" : error.message }],
    });
    details.push({ desc: BadRequestSchema, value });
  }
  return details;
}

function detailOf(error: ParlanceError, requestId: string, brief: boolean): ErrorDetail {
  const { facts } = error;
  return create(ErrorDetailSchema, {
    code: error.rule.proto,
    requestId,
    suggestions: [...(facts.suggestions ?? [])],
    attempts: (facts.attempts ?? []).map((attempt) => ({
      target: attempt.target,
      code: ERRORS[attempt.code].proto,
      message: brief ? "" : attempt.message,
      ...(attempt.status !== undefined && { status: attempt.status }),
      ...(attempt.credential !== undefined && { credential: attempt.credential }),
      ...(attempt.waitMs !== undefined && { wait: duration(attempt.waitMs) }),
      ...(attempt.next !== undefined && !brief && { next: attempt.next }),
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
