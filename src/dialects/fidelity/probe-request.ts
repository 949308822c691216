import { toJson } from "@bufbuild/protobuf";
import {
  type ChatDialect,
  type ChatRequest,
  ChatRequestSchema,
  create,
  type JsonObject,
  type Loss,
  Losses,
  LossKind,
  ParlanceError,
} from "../../sdk/index.js";
import { leavesOf } from "./leaves.js";
import type { RequestFeature } from "./request-features.js";
import { concerns, unaccounted } from "./unaccounted.js";

/** What becomes of a feature on the way from a caller to a target. */
export type Outcome =
  | { readonly kind: "carried" | "unsayable" | "silent" }
  | { readonly kind: "approximated" | "dropped" | "refused"; readonly reason: string };

/**
 * Sends a feature's sample from a caller's dialect to a target's and looks what arrives. `caller` absent: the sample
 * comes in the vocabulary itself, as in RPC. The target is taken as the newest models of its dialect are.
 */
export function probeRequest(
  { sample, of }: RequestFeature,
  caller: ChatDialect | undefined,
  target: ChatDialect,
): Outcome {
  const request = create(ChatRequestSchema, { model: "m", ...sample });
  if (caller === undefined) return send(request, of, target);
  const spoken = send(request, of, caller);
  if (spoken.kind !== "carried") return { kind: "unsayable" };
  if (caller === target) return spoken;
  return send(caller.decodeRequest(write(request, caller, new Losses())), of, target);
}

function send(request: ChatRequest, of: RegExp, target: ChatDialect): Outcome {
  const losses = new Losses();
  let text: string;
  try {
    text = write(request, target, losses);
  } catch (thrown) {
    return { kind: "refused", reason: ParlanceError.from(thrown).message };
  }
  const before = jsonOf(request);
  const members = leavesOf(before).filter(({ pattern }) => of.test(pattern));
  const told = losses.list.filter((loss) => members.some(({ path }) => concerns(loss.path, path)));
  const worst = told.find(({ kind }) => kind === LossKind.DROPPED) ?? told[0];
  if (worst !== undefined) return { kind: kindOf(worst), reason: worst.reason };
  const silent = unaccounted(before, jsonOf(target.decodeRequest(text)), losses.list);
  return { kind: silent.some(({ pattern }) => of.test(pattern)) ? "silent" : "carried" };
}

function write(request: ChatRequest, dialect: ChatDialect, losses: Losses): string {
  return dialect.encodeRequest(request, { model: "m", stream: false, traits: {}, losses });
}

function kindOf({ kind }: Loss): "approximated" | "dropped" {
  return kind === LossKind.DROPPED ? "dropped" : "approximated";
}

function jsonOf(request: ChatRequest): JsonObject {
  return toJson(ChatRequestSchema, request, { useProtoFieldName: true }) as JsonObject;
}
