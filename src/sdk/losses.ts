import { create } from "@bufbuild/protobuf";
import { type Loss, LossKind, LossSchema } from "../gen/parlance/v1/usage_pb.js";
import { ParlanceError } from "./errors.js";

/**
 * What was dropped or approximated on the way. In strict mode the first loss is thrown as `unsupported`.
 * Paths are in the words of the vocabulary (`messages[2].parts[0].image.detail`).
 */
export class Losses {
  readonly list: Loss[] = [];
  readonly strict: boolean;

  constructor(strict = false) {
    this.strict = strict;
  }

  /** The field at `path` is left out. */
  drop(path: string, reason: string): void {
    this.#add(path, LossKind.DROPPED, reason);
  }

  /** Something close to the field at `path` is sent. */
  approximate(path: string, reason: string): void {
    this.#add(path, LossKind.APPROXIMATED, reason);
  }

  #add(path: string, kind: LossKind, reason: string): void {
    if (this.strict) {
      throw new ParlanceError(
        "unsupported",
        `${path} would be lost: ${reason} Leave it out, or do not ask for strict.`,
        {
          field: path,
        },
      );
    }
    this.list.push(create(LossSchema, { path, kind, reason }));
  }
}
