import type { JsonObject, JsonValue } from "@parlance/sdk";

/** What requests say where their caller does not. */
export interface Defaults {
  /** `CONTEXTUAL`, `STRICT` or `OFF`. Absent means as the model has it. */
  readonly safetyMode?: JsonValue;
  /** How answers cite. Absent means as the model has it. */
  readonly citationMode?: JsonValue;
  /** What embeddings are made for: the wire must be told. */
  readonly inputType: JsonValue;
  /** Which end of a text that is too long is cut off. Absent means `END`. */
  readonly truncate?: JsonValue;
}

/** Reads the plugin's settings, which were checked against its manifest. */
export function readDefaults(settings: JsonObject): Defaults {
  const { safety_mode: safetyMode, citation_mode: citationMode, truncate } = settings;
  return {
    ...(safetyMode !== undefined && { safetyMode }),
    ...(citationMode !== undefined && { citationMode }),
    // What most embeddings are of: texts that are to be found.
    inputType: settings.input_type ?? "search_document",
    ...(truncate !== undefined && { truncate }),
  };
}
