import { ParlanceError } from "../../sdk/index.js";
import type { Target } from "../target.js";

/** The path with the model's name in its place. A slash in the name stays one, as in the names of tuned models. */
export function pathFor(path: string, target: Target): string {
  if (!path.includes("{model}")) return path;
  const steps = target.upstreamModel.split("/");
  // Such a step would lead out of the place that the credential is meant for.
  if (steps.some((step) => step === "." || step === ".." || step === "")) {
    throw new ParlanceError("model_not_found", `"${target.upstreamModel}" cannot be the name of a model.`, {
      field: "model",
    });
  }
  const name = steps.map(encodeURIComponent).join("/");
  return path.replace("{model}", () => name);
}
