import { isObject, type JsonObject, type JsonValue } from "@parlance/sdk";

/** What requests say where their caller does not. */
export interface Defaults {
  /** How long a model stays loaded: `10m`, or seconds. Absent means as the server is set. */
  readonly keepAlive?: JsonValue;
  /** Whether, or how much, models think. Absent means as the model has it. */
  readonly think?: JsonValue;
  /** Options of the model, its context among them. */
  readonly options: JsonObject;
}

/** Reads the plugin's settings, which were checked against its manifest. */
export function readDefaults({ keep_alive: keepAlive, num_ctx: numCtx, options, think }: JsonObject): Defaults {
  return {
    ...(keepAlive !== undefined && { keepAlive }),
    ...(think !== undefined && { think }),
    options: { ...(isObject(options) ? options : {}), ...(numCtx !== undefined && { num_ctx: numCtx }) },
  };
}
