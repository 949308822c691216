import { toJson } from "@bufbuild/protobuf";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import cohere from "../../plugins/cohere/src/index.js";
import ollama from "../../plugins/ollama/src/index.js";
import { type Leaf, leavesOf } from "../../src/dialects/fidelity/leaves.js";
import { saysNothing, textOf } from "../../src/dialects/fidelity/same.js";
import { concerns } from "../../src/dialects/fidelity/unaccounted.js";
import {
  type ChatRequest,
  ChatRequestSchema,
  isObject,
  type JsonObject,
  type JsonValue,
  Losses,
  type ModelTraits,
  ParlanceError,
  type TargetDialect,
} from "../../src/sdk/index.js";
import { randomRequest } from "../support/random-requests.js";
import { dialectsOf } from "../support/target-dialects.js";

const RUNS = Number(process.env.RUNS ?? 400);

/** Where the wire says what has no word of its own in it, by the place in the vocabulary. */
type Said = Readonly<Record<string, (body: JsonObject, text: string) => unknown>>;

const option = (name: string) => (body: JsonObject) => (body.options as JsonObject | undefined)?.[name];
const member = (name: string) => (body: JsonObject) => body[name];

/** What the first bytes tell, and what all documents are that can be said. */
const IMPLIED: Said = { "part.image.media_type": () => "image/png", "part.file.media_type": () => "text/plain" };

const wires: readonly [string, TargetDialect, ModelTraits, Said][] = [
  [
    "ollama",
    dialectsOf(ollama).chat,
    {},
    {
      max_output_tokens: option("num_predict"),
      temperature: option("temperature"),
      top_p: option("top_p"),
      top_k: option("top_k"),
      frequency_penalty: option("frequency_penalty"),
      presence_penalty: option("presence_penalty"),
      seed: seedIn,
      logprobs: member("logprobs"),
      top_logprobs: member("top_logprobs"),
      "response_format.json_object": ({ format }) => (format === "json" ? {} : undefined),
      "response_format.json_schema.schema": ({ format }) => withoutDescription(format),
      "reasoning.effort": ({ think }) => (think === false ? "REASONING_EFFORT_NONE" : undefined),
      "reasoning.adaptive": member("think"),
      "reasoning.visible": member("think"),
      ...IMPLIED,
    },
  ],
  ...(["command-a-03-2025", "command-a-reasoning-08-2025"] as const).map(
    (model): [string, TargetDialect, ModelTraits, Said] => [
      `cohere, ${model}`,
      dialectsOf(cohere).chat,
      dialectsOf(cohere).traits(model),
      {
        max_output_tokens: member("max_tokens"),
        temperature: member("temperature"),
        top_p: member("p"),
        top_k: member("k"),
        frequency_penalty: member("frequency_penalty"),
        presence_penalty: member("presence_penalty"),
        seed: seedIn,
        logprobs: member("logprobs"),
        "response_format.json_object": ({ response_format: format }) => (isObject(format) ? {} : undefined),
        "response_format.json_schema.schema": ({ response_format: format }) =>
          isObject(format) ? withoutDescription(format.json_schema) : undefined,
        "tool_choice.mode": ({ tool_choice: choice }) =>
          ({ NONE: "TOOL_CHOICE_MODE_NONE", REQUIRED: "TOOL_CHOICE_MODE_REQUIRED" })[String(choice)],
        "tools[].function.strict": member("strict_tools"),
        "reasoning.budget_tokens": ({ thinking }) => (isObject(thinking) ? thinking.token_budget : undefined),
        // A model that does not reason does as it is told.
        "reasoning.effort": ({ thinking }) =>
          model === "command-a-03-2025" || (isObject(thinking) && thinking.type === "disabled")
            ? "REASONING_EFFORT_NONE"
            : undefined,
        "reasoning.adaptive": ({ thinking }) => isObject(thinking) && thinking.type === "enabled",
        "reasoning.visible": ({ thinking }) => isObject(thinking) && thinking.type === "enabled",
        ...IMPLIED,
      },
    ],
  ),
];

/** A parse could bend it. */
function seedIn(_: JsonObject, text: string): string | undefined {
  return /"seed":(-?\d+)/.exec(text)?.[1];
}

function withoutDescription(schema: JsonValue | undefined): JsonValue | undefined {
  if (!isObject(schema)) return undefined;
  const { description: _, ...rest } = schema;
  return rest;
}

/** What of a request neither reached the wire nor was told; undefined when the dialect refused it. */
function silent(request: ChatRequest, dialect: TargetDialect, traits: ModelTraits, said: Said): string[] | undefined {
  const losses = new Losses();
  let text: string;
  try {
    text = dialect.encodeRequest(request, { model: "m", stream: false, traits, losses });
  } catch (thrown) {
    const { code, facts } = ParlanceError.from(thrown);
    expect(["invalid_request", "unsupported"]).toContain(code);
    expect(facts.field).toBeDefined();
    return undefined;
  }
  const body = JSON.parse(text) as JsonObject;
  const before = toJson(ChatRequestSchema, request, { useProtoFieldName: true }) as JsonObject;
  return leavesOf(before)
    .filter((leaf) => !saysNothing(leaf) && !isStructure(leaf, before))
    .filter(({ path }) => !losses.list.some((loss) => concerns(loss.path, path)))
    .filter((leaf) => !arrived(leaf, text, body, said))
    .map(({ path, value }) => `${path} = ${JSON.stringify(value)} in ${text}`);
}

/** What the place of the words on the wire says, and what nothing is left for. */
function isStructure({ pattern, path }: Leaf, before: JsonObject): boolean {
  const { reasoning, tools } = before;
  const off = isObject(reasoning) && reasoning.effort === "REASONING_EFFORT_NONE";
  if (path.startsWith("reasoning.") && path !== "reasoning.effort") return off;
  if (pattern.startsWith("tool_choice.")) return tools === undefined;
  return pattern.endsWith(".role");
}

/** Every text of these requests is another, so that one which is on the wire has arrived. */
function arrived({ pattern, value }: Leaf, text: string, body: JsonObject, said: Said): boolean {
  const find = said[pattern];
  if (find !== undefined) return textOf((find(body, text) ?? null) as JsonValue) === textOf(value);
  if (typeof value === "string") {
    const escaped = JSON.stringify(value).slice(1, -1);
    // Arguments are a text in a text, or an object; bytes of a text are that text.
    const inner = JSON.stringify(escaped).slice(1, -1);
    const bytes = pattern.endsWith(".data") ? Buffer.from(value, "base64").toString("utf8") : value;
    return [value, escaped, inner, JSON.stringify(bytes).slice(1, -1)].some((one) => one !== "" && text.includes(one));
  }
  return text.includes(JSON.stringify(value));
}

describe.each(wires)("a request for %s", (_, dialect, traits, said) => {
  it("holds every field of the vocabulary, or a loss names it", () => {
    let asked = 0;
    fc.assert(
      fc.property(randomRequest, (request) => {
        const left = silent(request, dialect, traits, said);
        expect(left ?? []).toEqual([]);
        if (left !== undefined) asked += 1;
      }),
      { numRuns: RUNS },
    );
    // Most of them can be asked at all.
    expect(asked).toBeGreaterThan(RUNS / 2);
  });
});
