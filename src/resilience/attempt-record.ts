import type { Clock } from "../core/clock.js";
import type { Exchange } from "../core/exchange.js";
import type { PlannedTarget } from "../core/target.js";
import { type Attempt, AttemptSchema, create, Lane, type ParlanceError } from "../sdk/index.js";

/** The record of an attempt that begins now. */
export function beginRecord(planned: PlannedTarget, clock: Clock): Attempt {
  const { target } = planned;
  return create(AttemptSchema, {
    target: target.name,
    provider: target.provider.name,
    upstreamModel: target.upstreamModel,
    startTime: timestamp(clock.wall()),
    reason: planned.reason,
  });
}

/** Notes on the running attempt which credential it is made with; never the credential itself. */
export function tellCredential(exchange: Exchange, name: string | undefined): void {
  const record = exchange.attempts[exchange.attempts.length - 1];
  if (record !== undefined && name !== undefined) record.credential = name;
}

/** Notes on the running attempt when the first content came. */
export function tellFirstToken(exchange: Exchange): void {
  const record = exchange.attempts[exchange.attempts.length - 1];
  if (record?.startTime === undefined) return;
  record.timeToFirstToken = since(record, exchange.clock);
}

/** Milliseconds from the start of the running attempt to its first content; undefined before it. */
export function timeToFirstToken(exchange: Exchange): number | undefined {
  const time = exchange.attempts[exchange.attempts.length - 1]?.timeToFirstToken;
  return time === undefined ? undefined : Number(time.seconds) * 1000 + time.nanos / 1_000_000;
}

/** Closes the record of the running attempt. */
export function endRecord(exchange: Exchange, lane: Lane | undefined, error: ParlanceError | undefined): void {
  const record = exchange.attempts[exchange.attempts.length - 1];
  if (record?.startTime === undefined) return;
  record.lane = lane ?? Lane.UNSPECIFIED;
  record.duration = since(record, exchange.clock);
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
  return {
    $typeName: "google.protobuf.Duration",
    seconds: BigInt(Math.floor(milliseconds / 1000)),
    nanos: Math.round((milliseconds % 1000) * 1_000_000),
  };
}
