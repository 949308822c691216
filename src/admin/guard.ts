import { createHash, timingSafeEqual } from "node:crypto";
import type { AdminCall, AdminGuard } from "../core/admin-call.js";
import { ParlanceError } from "../sdk/index.js";
import { isFromThisMachine } from "./this-machine.js";

const HOW_TO_SET =
  "Set admin.key in the configuration, or PARLANCE_ADMIN_KEY in the gateway's environment, and send it as `Authorization: Bearer <key>`.";

/**
 * The guard of the operator's API. `keyNow`: the admin key in force, asked for every call; undefined means that there is
 * none, and then only reads that come from this machine itself are let in.
 */
export function createGuard(keyNow: () => string | undefined): AdminGuard {
  return (call) => {
    const key = keyNow();
    if (key === undefined) return checkWithoutKey(call);
    const sent = bearerOf(call.headers.authorization);
    if (sent === undefined) {
      throw new ParlanceError(
        "unauthenticated",
        "The operator's API needs the admin key. Send it as `Authorization: Bearer <key>`.",
      );
    }
    if (!isSame(sent, key)) {
      throw new ParlanceError(
        "unauthenticated",
        "This is not the admin key of the gateway. It is admin.key of its configuration, or else its PARLANCE_ADMIN_KEY.",
      );
    }
  };
}

function checkWithoutKey(call: AdminCall): void {
  if (!call.readOnly) {
    throw new ParlanceError("permission_denied", `No admin key is set, so nothing can be changed. ${HOW_TO_SET}`);
  }
  if (!isFromThisMachine(call)) {
    throw new ParlanceError(
      "permission_denied",
      `No admin key is set, so the operator's API answers to its own machine alone, and to no web page or proxy. ${HOW_TO_SET}`,
    );
  }
}

function bearerOf(header: string | undefined): string | undefined {
  return /^Bearer +(\S+) *$/i.exec(header ?? "")?.[1];
}

/** Takes as long for any two texts: their hashes are compared, which have one length. */
function isSame(one: string, other: string): boolean {
  const hash = (text: string): Buffer => createHash("sha256").update(text).digest();
  return timingSafeEqual(hash(one), hash(other));
}
