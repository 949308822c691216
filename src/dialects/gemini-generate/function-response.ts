import {
  create,
  invalid,
  isObject,
  type JsonObject,
  type JsonValue,
  type Part,
  PartSchema,
  RawJson,
  textOf,
  type ToolResultPart,
} from "../../sdk/index.js";
import { type CallIds, wireId } from "./call-ids.js";
import { asString, isString } from "./checks.js";
import { objectOf } from "./function-call.js";
import { type Extended, formIn, formOf, plain, type WireObject } from "./own.js";

type ResultKind = Extract<Part["kind"], { case: "toolResult" }>;

/** Members that alone hold the words of a result: https://ai.google.dev/api/caching#FunctionResponse */
const WORDS: ReadonlySet<string> = new Set(["result", "output", "error"]);

/**
 * `functionResponse` of a part. A response of one text in a usual place is that text; any other is the text of its JSON.
 * Media beside it follow, which `media` reads.
 */
export function decodeFunctionResponse(
  part: WireObject,
  ids: CallIds,
  media: (piece: JsonValue, path: string) => Part[],
): ResultKind {
  const wire = part.group("functionResponse") as WireObject;
  const name = asString(wire.take("name") ?? "", wire.at("name"));
  const id = wire.takeIf("id", isString);
  if (id === "") wire.noteAs("id", "");
  const toolCallId = ids.result(name, id);
  const content: Part[] = [];
  const response = wire.take("response");
  let isError = false;
  if (response === undefined) wire.noteWithout("response");
  else {
    const key = wordsIn(response);
    if (key !== undefined) wire.note("key", key);
    isError = key === "error";
    const text = key === undefined ? textOf(response) : ((plain(response) as JsonObject)[key] as string);
    content.push(create(PartSchema, { kind: { case: "text", value: { text } } }));
  }
  const pieces = wire.takeList("parts");
  if (pieces?.length === 0) wire.noteAs("parts", []);
  pieces?.forEach((piece, index) => {
    content.push(...media(piece, `${wire.at("parts")}[${index}]`));
  });
  const value = { toolCallId, name, content, ...(isError && { isError }) };
  return create(PartSchema, { kind: { case: "toolResult", value } }).kind as ResultKind;
}

function wordsIn(response: JsonValue): string | undefined {
  const value = (response as unknown) instanceof RawJson ? plain(response) : response;
  if (!isObject(value)) return undefined;
  const [name, ...others] = Object.keys(value);
  if (name === undefined || others.length > 0 || !WORDS.has(name)) return undefined;
  return typeof value[name] === "string" ? name : undefined;
}

/**
 * A result on the wire: its words as `response`, an object in any case, and its media as `parts`.
 * `names`: of the calls, by id. `media`: writes the pieces that are not text.
 */
export function encodeFunctionResponse(
  result: ToolResultPart,
  part: Extended,
  names: ReadonlyMap<string, string>,
  path: string,
  media: (pieces: readonly (readonly [Part, string])[]) => JsonObject[],
): JsonObject {
  const name = result.name || names.get(result.toolCallId) || result.name;
  if (name === undefined) {
    throw invalid(
      `${path}.tool_call_id`,
      `${path}.tool_call_id is "${result.toolCallId}", which no call of the conversation has; the target must know the tool's name.`,
    );
  }
  const id = wireId(result.toolCallId);
  const texts: string[] = [];
  const others: [Part, string][] = [];
  result.content.forEach((piece, index) => {
    if (piece.kind.case === "text") texts.push(piece.kind.value.text);
    else others.push([piece, `${path}.content[${index}]`]);
  });
  const parts = media(others);
  const { key } = formIn(formOf(part), "functionResponse");
  const response = responseOf(texts.join(""), result.isError === true, key);
  return { ...(id !== undefined && { id }), name, response, ...(parts.length > 0 && { parts }) };
}

function responseOf(text: string, isError: boolean, key: JsonValue | undefined): JsonValue {
  if (typeof key === "string") return { [key]: text };
  if (isError) return { error: text };
  return (text.trim() === "" ? undefined : objectOf(text)) ?? { result: text };
}
