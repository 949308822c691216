import {
  create,
  isObject,
  type JsonObject,
  type JsonValue,
  type Part,
  PartSchema,
  type TokenLogprob,
  ToolKind,
} from "../../sdk/index.js";
import { asArray, asObject, asString, isString } from "../openai-chat/checks.js";
import { decodePiece, finishPiece } from "./content-decode.js";
import { WireObject } from "./own.js";
import { unseal } from "../sealed-part.js";
import { DIALECT, PIECE_BREAK } from "./wire.js";

/** How items are read. */
export interface ItemSource {
  /** Items of an answer have ids and states, which then are written as they were and never made up. */
  readonly answer: boolean;
  /** Takes the log probabilities of an answer's texts. */
  readonly tokens?: TokenLogprob[];
}

/** Adds the parts of one item of the model's side: a message of the assistant, reasoning, a call, or any other. */
export function decodeItem(value: JsonValue, path: string, source: ItemSource, out: Part[]): void {
  const item = asObject(value, path);
  const reader = READERS[isString(item.type) ? item.type : item.role === undefined ? "" : "message"];
  if (reader === undefined) out.push(opaqueItem(item));
  else reader(item, path, source, out);
}

/** An item that only this dialect has. */
export function opaqueItem(value: JsonObject): Part {
  return create(PartSchema, { kind: { case: "opaque", value: { dialect: DIALECT, value } } });
}

type Reader = (item: JsonObject, path: string, source: ItemSource, out: Part[]) => void;

const READERS: Readonly<Record<string, Reader>> = {
  message: readMessage,
  reasoning: readReasoning,
  function_call: readCall,
  custom_tool_call: readCall,
};

/** Notes what says nothing to another dialect: the item's id and its state. */
export function noteHead(wire: WireObject, source: ItemSource): void {
  wire.note("id", wire.takeIf("id", isString));
  wire.note("status", wire.takeIf("status", isString));
  if (source.answer) wire.note("whole", true);
}

/** A message becomes its pieces; what is of the message itself goes with the first. */
function readMessage(item: JsonObject, path: string, source: ItemSource, out: Part[]): void {
  const wire = new WireObject(item, path);
  if (wire.take("type") === undefined) wire.note("bare", true);
  wire.take("role");
  noteHead(wire, source);
  const content = wire.take("content");
  const parts = readContent(wire, content, source);
  out.push(withMessage(parts[0] as Part, wire), ...parts.slice(1));
}

function readContent(wire: WireObject, content: JsonValue | undefined, source: ItemSource): Part[] {
  const text = (said: string): Part => create(PartSchema, { kind: { case: "text", value: { text: said } } });
  if (isString(content)) {
    wire.note("content", "string");
    return [text(content)];
  }
  if (content === undefined && source.answer) {
    wire.note("content", "none");
    return [text("")];
  }
  const pieces = asArray(content, wire.at("content"));
  if (pieces.length === 0) {
    wire.note("content", "empty");
    return [text("")];
  }
  return pieces.map((piece, index) =>
    finishPiece(decodePiece(piece, `${wire.at("content")}[${index}]`, source.tokens)),
  );
}

/** Adds to a part what is noted of the message item that it begins. */
export function withMessage(part: Part, wire: WireObject): Part {
  const { fields, form } = wire.leftover();
  const mine = part.extensions?.[DIALECT];
  const kept: JsonObject = isObject(mine) ? { ...mine } : {};
  if (Object.keys(fields).length > 0) kept.output_item = fields;
  kept.$form = { ...(isObject(kept.$form) ? kept.$form : {}), item: form };
  return { ...part, extensions: { ...part.extensions, [DIALECT]: kept } };
}

function readCall(item: JsonObject, path: string, source: ItemSource, out: Part[]): void {
  const wire = new WireObject(item, path);
  const custom = wire.take("type") === "custom_tool_call";
  noteHead(wire, source);
  const id = asString(wire.take("call_id"), wire.at("call_id"));
  const text = custom ? "input" : "arguments";
  const value = {
    id,
    name: asString(wire.take("name"), wire.at("name")),
    arguments: asString(wire.take(text), wire.at(text)),
    kind: custom ? ToolKind.CUSTOM : ToolKind.FUNCTION,
  };
  wire.note("own", true);
  const extensions = wire.extensions();
  out.push(create(PartSchema, { kind: { case: "toolCall", value }, ...(extensions && { extensions }) }));
}

/** Reasoning in one text: the pieces of its summary and of its content, whose lengths are noted where there are several. */
function readReasoning(item: JsonObject, path: string, source: ItemSource, out: Part[]): void {
  const wire = new WireObject(item, path);
  wire.take("type");
  noteHead(wire, source);
  const sealed = wire.takeIf("encrypted_content", isString);
  const part = sealed === undefined ? undefined : unseal(sealed);
  if (part !== undefined) {
    out.push(part);
    return;
  }
  const pieces: [string, string][] = [];
  for (const member of ["summary", "content"]) {
    const list = wire.peek(member);
    if (list === undefined) {
      if (member === "summary") wire.note("no_summary", true);
      continue;
    }
    const texts = asArray(list, wire.at(member)).map((piece) => plainText(piece, member));
    if (!texts.every(isString)) {
      out.push(opaqueItem(item));
      return;
    }
    wire.take(member);
    if (texts.length === 0 && member === "content") wire.note("no_content", true);
    for (const text of texts) pieces.push([member, text]);
  }
  if (pieces.length > 0)
    wire.note(
      "pieces",
      pieces.map(([member, text]) => [member, text.length]),
    );
  wire.note("own", true);
  const extensions = wire.extensions();
  out.push(
    create(PartSchema, {
      kind: {
        case: "reasoning",
        value: {
          text: pieces.map(([, text]) => text).join(PIECE_BREAK),
          dialect: DIALECT,
          ...(sealed !== undefined && { encryptedContent: sealed }),
        },
      },
      ...(extensions && { extensions }),
    }),
  );
}

function plainText(piece: JsonValue, member: string): string | undefined {
  if (!isObject(piece) || Object.keys(piece).length !== 2 || !isString(piece.text)) return undefined;
  return piece.type === (member === "summary" ? "summary_text" : "reasoning_text") ? piece.text : undefined;
}
