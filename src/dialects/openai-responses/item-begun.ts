import { create, type JsonObject, type Part, PartSchema } from "../../sdk/index.js";
import { decodeItem, noteHead } from "./item-decode.js";
import { WireObject } from "./own.js";
import { DIALECT } from "./wire.js";

/**
 * Items as the event that begins them tells them.
 * @module
 */

/** The parts of an item that comes at once. */
export function decodedItem(item: JsonObject): Part[] {
  const parts: Part[] = [];
  // The state of an item that has only begun says nothing of the answer.
  const { status: _, ...rest } = item;
  decodeItem(rest, "item", { answer: false }, parts);
  return parts;
}

/** What is noted of a message item: its id, and what only this dialect has. */
export function messageHead(said: JsonObject): WireObject {
  const { type: _, role: __, content: ___, status: ____, ...rest } = said;
  const wire = new WireObject(rest, "item");
  noteHead(wire, { answer: false });
  return wire;
}

/** Reasoning that has only begun. `member`: whether it is a summary or content. */
export function reasoningBegun(said: JsonObject, member: string): Part {
  const { type: _, summary: __, content: ___, encrypted_content: ____, status: _____, ...rest } = said;
  const wire = new WireObject(rest, "item");
  noteHead(wire, { answer: false });
  wire.note("own", true);
  if (member === "content") wire.note("voice", "content");
  const extensions = wire.extensions();
  return create(PartSchema, {
    kind: { case: "reasoning", value: { text: "", dialect: DIALECT } },
    ...(extensions && { extensions }),
  });
}
