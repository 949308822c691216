import { ParlanceError } from "../sdk/index.js";
import type { ModelDirectory } from "./target.js";

/** The error for a name that no model has; it tells near names. */
export async function modelNotFound(directory: ModelDirectory, name: string): Promise<ParlanceError> {
  const near = await directory.near(name);
  return new ParlanceError(
    "model_not_found",
    `There is no model "${name}".${near.length === 0 ? "" : ` Near names: ${near.join(", ")}.`}`,
    { field: "model", suggestions: near },
  );
}
