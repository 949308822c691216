import { ParlanceError } from "./errors.js";

/** The dialect of an endpoint: the plugin's own, or one of the house by name. Throws where the house has none of it. */
export function findDialect<D extends object>(
  dialects: ReadonlyMap<string, D>,
  endpoint: { readonly dialect: string | D },
): D {
  if (typeof endpoint.dialect !== "string") return endpoint.dialect;
  const dialect = dialects.get(endpoint.dialect);
  if (dialect === undefined) {
    throw new ParlanceError(
      "provider_unavailable",
      `The provider's plugin speaks the dialect "${endpoint.dialect}", which this gateway does not know. It knows ${[...dialects.keys()].join(", ")}.`,
    );
  }
  return dialect;
}
