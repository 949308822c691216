import type { JsonObject } from "../sdk/index.js";

/** What the configuration must know of a plugin. */
export interface KnownPlugin {
  readonly name: string;
  /**
   * The variables that its vendor's users set. Without any the plugin needs none; absent means that the plugin cannot be
   * used, so that nobody gets it unasked.
   */
  readonly environment?:
    | {
        readonly apiKey?: Variables | undefined;
        readonly baseUrl?: Variables | undefined;
        /** Port that is meant where the variable of the address holds a host alone. Absent means that it holds a whole address. */
        readonly port?: number | undefined;
        /** True where the vendor's servers need no credential, so that the address alone will do. */
        readonly keyOptional?: boolean | undefined;
        /** Settings of the plugin's own, by name. */
        readonly settings?: Readonly<Record<string, Variables>> | undefined;
      }
    | undefined;
  /** Whether nobody gets it unasked, whatever the environment holds. */
  readonly onlyByName?: boolean | undefined;
  /** What is wrong with a provider's `settings`, with paths from their root. Absent means that they are not checked. */
  readonly checkSettings?: ((settings: JsonObject) => readonly SettingProblem[]) | undefined;
}

/** One thing that is wrong with a provider's `settings`. */
export interface SettingProblem {
  /** Such as `limits[0].name`; empty for the settings as a whole. */
  readonly path: string;
  readonly message: string;
}

/** Name of an environment variable, or of several of which the first that is set counts. */
export type Variables = string | readonly string[];
