import { ParlanceError } from "./errors.js";

/**
 * The path with the model's name in its place. A slash in the name stays one, as in the names of tuned models, unless
 * the path wants the name as one segment.
 */
export function modelPath(path: string, model: string): string {
  const place = PLACE.exec(path);
  if (place === null) return path;
  const steps = place[1] === undefined ? model.split("/") : [model];
  // Half a character cannot be escaped; any other such step would lead out of the place that the credential is meant for.
  if (steps.some((step) => step === "." || step === ".." || step === "" || HALF.test(step))) {
    throw new ParlanceError("model_not_found", `"${model}" cannot be the name of a model.`, {
      field: "model",
    });
  }
  return path.replace(PLACE, () => steps.map(encodeURIComponent).join("/"));
}

const HALF = /\p{Surrogate}/u;
const PLACE = /\{model(:segment)?\}/;
