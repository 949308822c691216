/** Front of a model's name as a resource: https://ai.google.dev/api/models#Model */
const FRONT = "models/";

/** The model that the rest of a path names. Some clients write the front twice. */
export function modelNamed(path: string): string {
  return path.startsWith(FRONT) ? path.slice(FRONT.length) : path;
}

/** A model's name as a resource. */
export function resourceName(model: string): string {
  return FRONT + model;
}
