import type { Clock } from "./clock.js";
import type { Exchange } from "./exchange.js";
import type { ModelDirectory } from "./target.js";

/** What the doors need of the house. */
export interface Gateway {
  readonly clock: Clock;
  /** Takes an exchange through the stages. Never rejects: what fails ends in the exchange's sink. */
  handle(exchange: Exchange): Promise<void>;
  /** The models of the current snapshot. */
  models(): ModelDirectory;
  /** Version of the current snapshot. */
  configVersion(): string;
  /** False before the first snapshot is in force and once the gateway drains. */
  isReady(): boolean;
  /** A new id of an exchange. */
  newId(): string;
}
