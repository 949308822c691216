import type { Part } from "../../sdk/index.js";
import { DIALECT } from "./wire.js";

/** Whether a part can travel only sealed. */
export function mustBeSealed({ kind }: Part): boolean {
  switch (kind.case) {
    case "reasoning":
      return (kind.value.dialect !== undefined && kind.value.dialect !== DIALECT) || kind.value.signature !== undefined;
    case "opaque":
      return kind.value.dialect !== DIALECT;
    case "file":
    case "toolResult":
      return true;
    case "image":
      return kind.value.source.case !== "data";
    default:
      return false;
  }
}
