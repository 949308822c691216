import type { JsonValue } from "@parlance/sdk";
import type { Random } from "./random.js";
import type { Schema } from "./schema-reference.js";

/** What the makers of single kinds need of the whole. */
export interface Maker {
  readonly random: Random;
  /** True asks for no more than is required. */
  readonly sparse: boolean;
  /** Makes up an inner value. */
  make(schema: Schema): JsonValue;
  /** Whether an inner value could end. */
  ends(schema: Schema): boolean;
  /** Whether a value obeys an inner schema. */
  obeys(schema: Schema, value: JsonValue): boolean;
}
