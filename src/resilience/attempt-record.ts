import type { Clock } from "../core/clock.js";
import type { PlannedTarget } from "../core/target.js";
import { type Attempt, type AttemptKind, AttemptSchema, create, Lane, type ParlanceError } from "../sdk/index.js";

/** The record of an attempt that begins now, `waitMs` after it could have. */
export function beginRecord(planned: PlannedTarget, kind: AttemptKind, waitMs: number, clock: Clock): Attempt {
  const { target } = planned;
  const record = create(AttemptSchema, {
    target: target.name,
    provider: target.provider.name,
    upstreamModel: target.upstreamModel,
    startTime: timestamp(clock.wall()),
    reason: planned.reason,
    kind,
  });
  if (waitMs > 0) record.wait = duration(waitMs);
  return record;
}

/** Notes when the first content came. */
export function tellFirstToken(record: Attempt, clock: Clock): void {
  record.timeToFirstToken = since(record, clock);
}

/** Milliseconds from the start of an attempt to its first content; undefined before it. */
export function timeToFirstToken(record: Attempt): number | undefined {
  return durationMs(record.timeToFirstToken);
}

/** A duration of a record in milliseconds; undefined where it was not told. */
export function durationMs(told: Attempt["duration"]): number | undefined {
  return told === undefined ? undefined : Number(told.seconds) * 1000 + told.nanos / 1_000_000;
}

/** Closes the record of an attempt. */
export function endRecord(
  record: Attempt,
  clock: Clock,
  lane: Lane | undefined,
  error: ParlanceError | undefined,
): void {
  record.lane = lane ?? Lane.UNSPECIFIED;
  record.duration = since(record, clock);
  if (error === undefined) return;
  record.errorCode = error.rule.proto;
  record.errorMessage = error.message;
}

function timestamp(milliseconds: number): NonNullable<Attempt["startTime"]> {
  return {
    $typeName: "google.protobuf.Timestamp",
    seconds: BigInt(Math.floor(milliseconds / 1000)),
    nanos: (milliseconds % 1000) * 1_000_000,
  };
}

function since(record: Attempt, clock: Clock): NonNullable<Attempt["duration"]> {
  const start = record.startTime as NonNullable<Attempt["startTime"]>;
  const milliseconds = Math.max(0, clock.wall() - (Number(start.seconds) * 1000 + start.nanos / 1_000_000));
  return duration(milliseconds);
}

function duration(milliseconds: number): NonNullable<Attempt["duration"]> {
  return {
    $typeName: "google.protobuf.Duration",
    seconds: BigInt(Math.floor(milliseconds / 1000)),
    nanos: Math.round((milliseconds % 1000) * 1_000_000),
  };
}
