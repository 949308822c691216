import {
  type JsonObject,
  type JsonValue,
  type Losses,
  type Message,
  type Part,
  Role,
  ToolKind,
} from "../../sdk/index.js";
import { encodePiece, type PieceTarget } from "./content-encode.js";
import { beginsMessage, callId, itemKindOf, messageItem, singleItem } from "./item-encode.js";
import { formOf, restore, tellForeign, tellOwn } from "./own.js";

/** What the writer of `input` must know of the request. */
export interface InputTarget {
  readonly losses: Losses;
  readonly systemRole: "system" | "developer" | undefined;
  /** Whether the request came in this dialect: then its items are as its caller wants them. */
  readonly own: boolean;
}

const NO_HEAD = { id: undefined, status: undefined };

/** The items of `input`, in order. `instructions` are not among them. */
export function encodeInput(messages: readonly Message[], target: InputTarget): JsonObject[] {
  const custom = customCalls(messages);
  return messages.flatMap((message, index) => {
    if (isInstructions(message, index)) return [];
    const path = `messages[${index}]`;
    tellForeign(message, path, target.losses);
    return message.role === Role.ASSISTANT
      ? assistantItems(message, path, target)
      : callerItems(message, path, target, custom);
  });
}

/** Whether a message came as the member `instructions`. */
export function isInstructions(message: Message, index: number): boolean {
  return index === 0 && formOf(message).instructions === true;
}

/** Ids of the calls of custom tools: their results are items of another type. */
function customCalls(messages: readonly Message[]): ReadonlySet<string> {
  const ids = new Set<string>();
  for (const { parts } of messages) {
    for (const { kind } of parts) {
      if (kind.case === "toolCall" && kind.value.kind === ToolKind.CUSTOM) ids.add(kind.value.id);
    }
  }
  return ids;
}

/** A message of the application, the user or the tools: results are items of their own. */
function callerItems(message: Message, path: string, target: InputTarget, custom: ReadonlySet<string>): JsonObject[] {
  const items: JsonObject[] = [];
  const said: { part: Part; path: string }[] = [];
  message.parts.forEach((part, index) => {
    const at = `${path}.parts[${index}]`;
    const { kind } = part;
    if (kind.case === "toolResult") items.push(resultItem(part, at, target, custom.has(kind.value.toolCallId)));
    else if (kind.case === "opaque" && message.role === Role.TOOL && itemKindOf(part) === "opaque") {
      items.push(singleItem(part, "opaque", NO_HEAD));
    } else said.push({ part, path: at });
  });
  if (said.length > 0 || message.parts.length === 0) items.push(...messageItems(message, path, said, target));
  else tellOwn(message, path, target.losses);
  if (message.name !== undefined) target.losses.drop(`${path}.name`, "The target's dialect names no speakers.");
  return items;
}

function messageItems(
  message: Message,
  messagePath: string,
  said: readonly { part: Part; path: string }[],
  target: InputTarget,
): JsonObject[] {
  const form = formOf(message);
  const pieces: JsonObject[] = said.flatMap(({ part, path }): JsonObject[] => {
    const piece = encodePiece(part, path, pieceTarget(target, "input_text"));
    return piece === undefined ? [] : [piece];
  });
  // Nothing is left of it: an empty message would be a turn that nobody took.
  if (pieces.length === 0 && said.length > 0) {
    tellOwn(message, messagePath, target.losses);
    return [];
  }
  const out: JsonObject = form.bare === true || !target.own ? {} : { type: "message" };
  copyHead(out, form);
  out.role = roleOf(message.role, target.systemRole);
  out.content = contentOf(pieces, form.content === "array");
  return [restore(out, message)];
}

function pieceTarget(target: InputTarget, text: PieceTarget["text"]): PieceTarget {
  return { text, answer: false, losses: target.losses };
}

function copyHead(out: JsonObject, form: JsonObject): void {
  if (form.id !== undefined) out.id = form.id;
  if (form.status !== undefined) out.status = form.status;
}

/** A string where one plain text says it all. */
function contentOf(pieces: JsonObject[], array: boolean): JsonValue {
  if (array) return [...pieces];
  if (pieces.length === 0) return "";
  const [first] = pieces;
  const plain = pieces.length === 1 && first?.type === "input_text" && Object.keys(first).length === 2;
  return plain ? (first.text as string) : [...pieces];
}

function roleOf(role: Role, systemRole: "system" | "developer" | undefined): string {
  if (role === Role.SYSTEM) return systemRole ?? "system";
  return role === Role.DEVELOPER ? (systemRole ?? "developer") : "user";
}

/** What a tool answered. Pictures and documents are answers too. */
function resultItem(part: Part, path: string, target: InputTarget, custom: boolean): JsonObject {
  const { kind } = part;
  if (kind.case !== "toolResult") return {};
  const form = formOf(part);
  tellForeign(part, path, target.losses);
  const type =
    form.custom === true || (custom && form.own !== true) ? "custom_tool_call_output" : "function_call_output";
  const out: JsonObject = { type };
  copyHead(out, form);
  out.call_id = callId(kind.value.toolCallId, part);
  const pieces = kind.value.content.flatMap((piece, index): JsonObject[] => {
    const wire = encodePiece(piece, `${path}.tool_result.content[${index}]`, pieceTarget(target, "input_text"));
    return wire === undefined ? [] : [wire];
  });
  if (kind.value.isError === true) {
    target.losses.approximate(
      `${path}.tool_result.is_error`,
      "The target has no flag for a failed tool: the words say it.",
    );
  }
  out.output = markError(contentOf(pieces, form.content === "array"), kind.value.isError === true);
  if (part.cache !== undefined) {
    target.losses.drop(`${path}.cache`, "The target caches prompts by itself; most of its models take no hints.");
  }
  return restore(out, part);
}

/** The wire has no flag for a failed tool: the words say it, always in the same way so that prompts stay cached. */
function markError(output: JsonValue, isError: boolean): JsonValue {
  if (!isError) return output;
  if (typeof output === "string") return `Error: ${output}`;
  return Array.isArray(output) ? [{ type: "input_text", text: "Error:" }, ...output] : output;
}

/** What the model said before: reasoning, messages and calls, each an item. */
function assistantItems(message: Message, path: string, target: InputTarget): JsonObject[] {
  tellOwn(message, path, target.losses);
  const items: JsonObject[] = [];
  let open: Part[] = [];
  const pathOf = (part: Part): string => `${path}.parts[${message.parts.indexOf(part)}]`;
  const flush = (): void => {
    if (open.length === 0) return;
    const item = messageItem(open, NO_HEAD, pieceTarget(target, "output_text"), pathOf);
    const content = item.content;
    if (!target.own) foreignMessage(item);
    if (!Array.isArray(content) || content.length > 0 || target.own) items.push(item);
    open = [];
  };
  message.parts.forEach((part, index) => {
    const kind = itemKindOf(part);
    if (!isSayable(part, message.parts.slice(index + 1), pathOf(part), target)) return;
    if (kind === "message") {
      if (beginsMessage(part)) flush();
      open.push(part);
      return;
    }
    flush();
    tellForeign(part, pathOf(part), target.losses);
    if (part.cache !== undefined) {
      target.losses.drop(
        `${pathOf(part)}.cache`,
        "The target caches prompts by itself; most of its models take no hints.",
      );
    }
    items.push(singleItem(part, kind, NO_HEAD));
  });
  flush();
  return items;
}

/** Whether a part of the model's can go to this target; a loss is told when it cannot. */
function isSayable(part: Part, after: readonly Part[], path: string, { losses, own }: InputTarget): boolean {
  const { kind } = part;
  switch (itemKindOf(part)) {
    case "sealed":
      losses.drop(
        path,
        kind.case === "reasoning"
          ? "The target does not read the reasoning of another provider."
          : "The target's dialect has no place for this piece here.",
      );
      return false;
    case "image":
      losses.drop(path, "The target does not take pictures that another provider's model made.");
      return false;
    case "reasoning": {
      if (own || kind.case !== "reasoning") return true;
      // Nothing was stored for this caller, so that reasoning without its seal cannot be looked up; and reasoning that
      // is followed by nothing is refused by the owner of the dialect.
      const sealed = kind.value.encryptedContent !== undefined;
      const followed = after.some(({ kind: next }) => next.case !== "reasoning");
      if (sealed && followed) return true;
      losses.drop(
        path,
        sealed ? "The target takes reasoning only with what followed it." : "Reasoning without its seal.",
      );
      return false;
    }
    default:
      return true;
  }
}

/** Messages of a caller of another dialect are in the easy form: no type, and one text as a string. */
function foreignMessage(item: JsonObject): void {
  delete item.type;
  if (!Array.isArray(item.content)) return;
  const [first, ...more] = item.content as JsonObject[];
  if (more.length === 0 && first?.type === "output_text" && Object.keys(first).length === 2) {
    item.content = first.text as string;
  }
}
