import { ParlanceError } from "../sdk/index.js";
import type { LeftOut } from "./left-out.js";

/** The error for a request that no target of its model may be asked for: what each of them lacks, and the field that decides. */
export function nobodyFor(model: string, leftOut: readonly LeftOut[]): ParlanceError {
  const reasons = leftOut.map(({ target, reason }) => `${target}: ${reason}.`).join(" ");
  const field = deciding(leftOut)?.field;
  if (leftOut.length > 0 && leftOut.every(({ kind }) => kind === "wish")) {
    return new ParlanceError("invalid_request", `${field} leaves no target of the model "${model}". ${reasons}`, {
      field,
    });
  }
  const tooLong = leftOut.length > 0 && leftOut.every(({ kind }) => kind === "context");
  return new ParlanceError(
    tooLong ? "context_length_exceeded" : "unsupported",
    `No target of the model "${model}" takes this request. ${reasons}`.trim(),
    { field: field ?? "model" },
  );
}

/** What the targets cannot do says most of what to change. */
function deciding(leftOut: readonly LeftOut[]): LeftOut | undefined {
  return leftOut.find(({ kind }) => kind === "ability") ?? leftOut.find(({ kind }) => kind === "context") ?? leftOut[0];
}
