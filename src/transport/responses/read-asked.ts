import { invalid, readMember } from "../../sdk/index.js";
import type { RestBody } from "../rest-body.js";

/** What a request says of the gateway's own part in the conversation. */
export interface Asked {
  /** Whether the answer is to be kept; as the vendor has it, it is unless the caller says no. */
  readonly store: boolean;
  /** Id of the answer that this request follows. */
  readonly previous: string | undefined;
  readonly background: boolean;
  /** Fields that point to what only a provider holds. */
  readonly foreign: readonly string[];
  /** Whether the input may refer to items of earlier turns. */
  readonly refers: boolean;
}

const FOREIGN = ["conversation", "prompt"];
const REFERENCE = Buffer.from('"item_reference"');

/**
 * Reads what the door must know of a request beside the model. Throws `invalid_request` that names the field.
 * Source: https://platform.openai.com/docs/api-reference/responses/create
 */
export function readAsked({ bytes, members }: RestBody): Asked {
  const read = (name: string): unknown => (members.byName.has(name) ? readMember(bytes, members, name) : undefined);
  const flag = (name: string, absent: boolean): boolean => {
    const value = read(name) ?? absent;
    if (typeof value !== "boolean") throw invalid(name, `${name} must be true or false.`);
    return value;
  };
  const previous = read("previous_response_id") ?? undefined;
  if (previous !== undefined && typeof previous !== "string") {
    throw invalid("previous_response_id", "previous_response_id must be a string.");
  }
  const asked = {
    store: flag("store", true),
    previous,
    background: flag("background", false),
    foreign: FOREIGN.filter((name) => (read(name) ?? undefined) !== undefined),
    refers: bytes.includes(REFERENCE),
  };
  if (asked.background && !asked.store) throw invalid("background", "background requires store to be true.");
  return asked;
}
