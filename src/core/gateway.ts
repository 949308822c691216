import type { ParlanceError } from "../sdk/index.js";
import type { Clock } from "./clock.js";
import type { Caller, Exchange } from "./exchange.js";
import type { ModelDirectory, ProviderDirectory } from "./target.js";

/** A request that a door turned away before it became an exchange. */
export interface Refusal {
  readonly id: string;
  readonly door: string;
  /** The HTTP method. */
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  readonly error: ParlanceError;
}

/** What the doors need of the house. */
export interface Gateway {
  readonly clock: Clock;
  /** Takes an exchange through the stages. Never rejects: what fails ends in the exchange's sink. */
  handle(exchange: Exchange): Promise<void>;
  /** Why a request of a caller would be refused now whatever it asks; undefined when it would not. */
  overload(caller: Caller): ParlanceError | undefined;
  /** Puts a request on the record that never became an exchange. */
  refused(refusal: Refusal): void;
  /** The models of the current snapshot. */
  models(): ModelDirectory;
  /** The providers of the current snapshot. */
  providers(): ProviderDirectory;
  /** Version of the current snapshot. */
  configVersion(): string;
  /** False before the first snapshot is in force and once the gateway drains. */
  isReady(): boolean;
  /** A new id of an exchange. */
  newId(): string;
}
