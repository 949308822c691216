import { toJson } from "@bufbuild/protobuf";
import { type Duration, durationMs, type Timestamp, timestampDate } from "@bufbuild/protobuf/wkt";
import { BreakerState, type Target, TargetSchema } from "../../gen/parlance/admin/v1/target_pb.js";
import {
  type GetTargetResponse,
  GetTargetResponseSchema,
  type ListTargetsResponse,
  ListTargetsResponseSchema,
} from "../../gen/parlance/admin/v1/target_service_pb.js";
import { ErrorCode } from "../../gen/parlance/v1/error_details_pb.js";
import type { Kind } from "./kind.js";

/** Targets of a running gateway. */
export const targetKind: Kind<Target> = {
  word: "target",
  nameIs: "name of the target, provider/model",
  list: { schema: ListTargetsResponseSchema, read: (answer) => (answer as ListTargetsResponse).targets },
  one: { schema: GetTargetResponseSchema, read: (answer) => (answer as GetTargetResponse).target },
  heads: ["NAME", "STATE", "RUNNING", "FAILED", "FIRST TOKEN", "REASON"],
  rows: (target) => [
    [
      target.name,
      stateOf(target),
      String(target.inFlight),
      `${target.failures}/${target.attempts}`,
      milliseconds(target.timeToFirstToken),
      reasonOf(target),
    ],
  ],
  page: (target) => [
    ["name", target.name],
    ["state", stateOf(target)],
    ["reason", target.breakerReason],
    ["open until", when(target.openUntil)],
    ["rests until", when(target.restsUntil)],
    ["models", target.models.join(", ")],
    ["running", `${target.inFlight}${target.limit === 0 ? "" : ` of ${target.limit}`}`],
    ["waiting", String(target.queued)],
    ["failed", `${target.failures} of ${target.attempts}, ${target.failuresInRow} in a row`],
    ["slow", String(target.slow)],
    ["last error", target.lastError === ErrorCode.UNSPECIFIED ? "" : (ErrorCode[target.lastError] ?? "").toLowerCase()],
    ["first token", milliseconds(target.timeToFirstToken)],
    ["each token", milliseconds(target.timePerToken)],
    [
      "credentials",
      target.credentials.map(({ name, reason }) => (reason === "" ? name : `${name} (${reason})`)).join(", "),
    ],
  ],
  json: (target) => toJson(TargetSchema, target),
  inFlight: ({ inFlight }) => inFlight,
};

/** A target's state in a word: `closed`, `open`, `half open`, `drained`. */
export function stateOf({ breaker, drained }: Target): string {
  if (drained) return "drained";
  if (breaker === BreakerState.UNSPECIFIED) return "";
  return (BreakerState[breaker] ?? String(breaker)).toLowerCase().replace("_", " ");
}

function reasonOf({ breakerReason, credentials, openUntil }: Target): string {
  const until = openUntil === undefined ? "" : `, until ${when(openUntil)}`;
  const resting = credentials.filter(({ available }) => !available).length;
  return [
    ...(breakerReason === "" ? [] : [`${breakerReason}${until}`]),
    ...(resting === 0 ? [] : [`${resting} of ${credentials.length} credentials rest`]),
  ].join("; ");
}

function when(time: Timestamp | undefined): string {
  return time === undefined ? "" : timestampDate(time).toISOString();
}

function milliseconds(duration: Duration | undefined): string {
  return duration === undefined ? "" : `${Math.round(durationMs(duration) * 10) / 10} ms`;
}
