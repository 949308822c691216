import { describe, expect, it } from "vitest";
import { converseDialect } from "../../plugins/bedrock/src/converse/converse.js";
import { modelTraits } from "../../plugins/bedrock/src/model-traits.js";
import { isObject, type JsonObject, type JsonValue, Losses } from "../../src/sdk/index.js";
import { type Recording, recordings } from "../recordings.js";
import { chatOf } from "../support/converse-requests.js";

const dialect = converseDialect({ baseModel: (model) => model });
/** One asks a model for a schema that the documentation does not list for it: the encoder asks for that by a tool. */
const isListed = (recording: Recording): boolean =>
  (recording.request.body as JsonObject).outputConfig === undefined ||
  modelTraits(modelOf(recording)).jsonSchema !== false;
const asked = recordings({ provider: "bedrock", api: ["converse", "converse-stream", "count-tokens"] }).filter(
  (recording) => isObject(recording.request.body) && (recording.request.elided ?? 0) === 0 && isListed(recording),
);

/** The model that the recording's path names. */
function modelOf({ request }: Recording): string {
  return decodeURIComponent(/\/model\/([^/]+)\//.exec(request.url_path)?.[1] ?? "");
}

/** Members that say nothing where they are empty. */
const SILENT: ReadonlySet<string> = new Set([
  "inferenceConfig",
  "system",
  "stopSequences",
  "additionalModelRequestFields",
]);

/** What follows each other in one role is one turn; text of white space says nothing. */
function turnsOf(messages: readonly JsonObject[]): JsonObject[] {
  const turns: { role: JsonValue; content: JsonValue[] }[] = [];
  for (const { role, content } of messages) {
    const said = (content as JsonObject[]).filter(({ text }) => typeof text !== "string" || text.trim() !== "");
    const last = turns.at(-1);
    if (last !== undefined && last.role === role) last.content.push(...said);
    else turns.push({ role: role as JsonValue, content: said });
  }
  return turns;
}

/** A recorded body as the encoder may spell it: members that say nothing are left out, on both sides. */
function meant(value: JsonValue, key = ""): JsonValue {
  if (key === "messages") return turnsOf(value as JsonObject[]).map((turn) => meant(turn));
  if (Array.isArray(value)) return value.map((one) => meant(one));
  if (!isObject(value)) return value;
  const out: JsonObject = {};
  for (const [name, member] of Object.entries(value)) {
    const isEmpty = isObject(member) ? Object.keys(member).length === 0 : Array.isArray(member) && member.length === 0;
    if (isEmpty && SILENT.has(name)) continue;
    // The usual kind of call, and what only asks which sequence it was.
    if (name === "type" && member === "tool_use") continue;
    if (name === "additionalModelResponseFieldPaths") continue;
    // A schema in the body is text, whose spaces mean nothing.
    out[name] =
      name === "schema" && key === "jsonSchema" ? (JSON.parse(String(member)) as JsonValue) : meant(member, name);
  }
  return out;
}

describe("a request as it was recorded", () => {
  it("is there", () => expect(asked.length).toBeGreaterThan(105));

  it.each(asked.map((recording) => [recording.file, recording] as const))(
    "is what the dialect writes for it: %s",
    (_file, recording) => {
      const body = recording.request.body as JsonObject;
      const model = modelOf(recording);
      const target = {
        model,
        stream: recording.api === "converse-stream",
        traits: modelTraits(model),
        losses: new Losses(),
      };
      if (recording.api === "count-tokens") {
        const { input } = body as { input: { converse?: JsonObject } };
        if (input.converse === undefined) return;
        const written = dialect.tokenCount?.encodeRequest(chatOf(input.converse), target) ?? "";
        expect(meant(JSON.parse(written) as JsonValue)).toEqual(meant(body));
        return;
      }
      expect(meant(JSON.parse(dialect.encodeRequest(chatOf(body), target)) as JsonValue)).toEqual(meant(body));
      const lost = target.losses.list.filter(({ reason }) => !reason.includes("white space alone"));
      expect(lost).toEqual([]);
    },
  );
});
