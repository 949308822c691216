import type { DescMessage, JsonValue, MessageShape } from "@bufbuild/protobuf";

/** What can be listed, watched, tripped, reset and drained of a running gateway. */
export interface Kind<Item = unknown> {
  /** What it is called: `target`. Its REST paths are below `/admin/v1/<word>s`. */
  readonly word: "target" | "route";
  /** What an argument that names one is. */
  readonly nameIs: string;
  /** The answers of the gateway, and the items in them. */
  readonly list: Answer<Item[]>;
  /** Of all methods that tell of one. */
  readonly one: Answer<Item | undefined>;
  /** Heads and rows of a table. */
  readonly heads: readonly string[];
  rows(item: Item): readonly (readonly string[])[];
  /** Everything of one, name by name; what is empty is left out. */
  page(item: Item): readonly (readonly [string, string])[];
  json(item: Item): JsonValue;
  /** Attempts that run on it now. */
  inFlight(item: Item): number;
}

/** A message of the gateway and how what is wanted is read from it. */
export interface Answer<Wanted> {
  readonly schema: DescMessage;
  read(message: MessageShape<DescMessage>): Wanted;
}
