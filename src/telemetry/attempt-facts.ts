import { ErrorCode } from "../gen/parlance/v1/error_details_pb.js";
import { type Attempt, AttemptKind, Lane } from "../sdk/index.js";

/** What is told of an attempt, by name; what is not known is undefined. Nothing of it is a secret. */
export function attemptFacts(attempt: Attempt): Record<string, string | number | undefined> {
  const { status, errorCode, next } = attempt;
  return {
    target: attempt.target,
    kind: attempt.kind === AttemptKind.UNSPECIFIED ? undefined : word(AttemptKind[attempt.kind]),
    credential: attempt.credential,
    lane: laneWord(attempt.lane),
    status,
    error: errorCode === ErrorCode.UNSPECIFIED ? undefined : word(ErrorCode[errorCode]),
    error_message: attempt.errorMessage,
    wait_ms: milliseconds(attempt.wait),
    ttft_ms: milliseconds(attempt.timeToFirstToken),
    duration_ms: milliseconds(attempt.duration),
    next: next === "" ? undefined : next,
  };
}

/** How a request travelled, in a word; undefined before that is known. */
export function laneWord(lane: Lane): string | undefined {
  return lane === Lane.UNSPECIFIED ? undefined : word(Lane[lane]);
}

/** Milliseconds to a tenth; undefined where there are none. */
function milliseconds(duration: { seconds: bigint; nanos: number } | undefined): number | undefined {
  return duration && Math.round(Number(duration.seconds) * 10_000 + duration.nanos / 100_000) / 10;
}

function word(name: string | undefined): string | undefined {
  return name?.toLowerCase();
}
