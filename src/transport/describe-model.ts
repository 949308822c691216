import type { Gateway } from "../core/gateway.js";
import { modelNotFound } from "../core/model-not-found.js";
import type { ListedModel } from "../core/target.js";

/** One model as every door tells it. Throws `model_not_found` with near names. */
export async function describeModel(gateway: Gateway, name: string): Promise<ListedModel> {
  const directory = gateway.models();
  const model = await directory.describe(name);
  if (model === undefined) throw await modelNotFound(directory, name);
  return model;
}
