import type { Readable } from "node:stream";
import type { ErrorDialect, JsonObject, Usage } from "../sdk/index.js";

/** A request for a vendor's API itself: it goes to targets that speak it, and is never translated. */
export interface Through {
  /** Name of the vendor's API, as providers declare it. */
  readonly api: string;
  readonly method: string;
  /** The path with its ids left out, such as `/v1/files/{id}/content`: for records. */
  readonly pattern: string;
  /** The query as it came, question mark included; empty where there is none. */
  readonly query: string;
  /** The caller's headers that may go up: names and values in turn. No credential is among them. */
  readonly headers: readonly string[];
  /** Name of the provider that the caller asks for; undefined leaves the choice to the configuration. */
  readonly provider: string | undefined;
}

/** A request that no dialect of the house reads: it passes as it came but for the model's name. */
export interface PassRequest {
  /** The vendor's errors and headers. */
  readonly dialect: ErrorDialect;
  /** The vendor's path as it came, or with `{model}` in the place of the model's name. */
  readonly path: string;
  readonly modelInPath: boolean;
  readonly body: PassBody | undefined;
  /** Makes usage of a member `usage` of the answer; undefined when it counts something else. Absent: nothing is metered. */
  readonly readUsage?: ((usage: JsonObject) => Usage | undefined) | undefined;
}

/** The body of a request that passes. */
export interface PassBody {
  /** The body with another model's name in the place of the caller's. `length` in bytes; undefined where it is unknown. */
  for(model: string): { readonly bytes: Buffer | Readable; readonly length: number | undefined };
  /** Whether a part of it went up that nobody holds. */
  readonly spent: boolean;
}
