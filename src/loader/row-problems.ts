import { chatDialects, embeddingDialects } from "../dialects/index.js";
import { isObject, type JsonObject, type JsonValue, nearest } from "../sdk/index.js";

/** What a member must be, and in words what that is. */
interface Form {
  readonly fits: (value: JsonValue) => boolean;
  readonly words: string;
}

/** The members of an object: each with its form, or with the members that an object there has in turn. */
interface Members {
  readonly [name: string]: Form | Shape;
}

/** An object, or a list or map of such, with these members. */
interface Shape {
  readonly of: "object" | "list" | "map";
  readonly members: Members;
  readonly required: readonly string[];
}

const matching = (pattern: RegExp, words: string): Form => ({
  fits: (value) => typeof value === "string" && pattern.test(value),
  words,
});
const oneOf = (...words: readonly string[]): Form => ({
  fits: (value) => typeof value === "string" && words.includes(value),
  words: `one of ${words.join(", ")}`,
});
const listOf = ({ fits, words }: Form): Form => ({
  fits: (value) => Array.isArray(value) && value.length > 0 && value.every(fits),
  words: `a list, each ${words}`,
});
const mapOf = ({ fits, words }: Form): Form => ({
  fits: (value) => isObject(value) && Object.values(value).every(fits),
  words: `an object, each value ${words}`,
});

const text = matching(/[^]/, "a text");
const name = matching(/^[a-z0-9][a-z0-9._-]*$/, 'lower-case letters, digits, ".", "_" and "-"');
const address = matching(/^https?:\/\/\S*[^/\s]$/, "an address without a slash at its end");
const page = matching(/^https:\/\/\S+$/, "the https address of a page");
const path = matching(/^\/\S*$/, "a path that begins with a slash");
const header = matching(/^[a-z0-9-]+$/, "the name of a header in lower case");
const bool: Form = { fits: (value) => typeof value === "boolean", words: "true or false" };
const count: Form = {
  fits: (value) => Number.isInteger(value) && (value as number) > 0,
  words: "a whole number above 0",
};
const variable = matching(/^[A-Za-z_]\w*$/, "the name of a variable");
const variables: Form = {
  fits: (value) => variable.fits(value) || listOf(variable).fits(value),
  words: "the name of a variable, or a list of names",
};

const texts: Form = {
  fits: (value) => text.fits(value) || listOf(text).fits(value),
  words: "a text, or a list of texts",
};

const endpointOf = (dialects: ReadonlyMap<string, unknown>) =>
  ({
    members: { dialect: oneOf(...dialects.keys()), path, token_count_path: path },
    required: ["dialect", "path"],
  }) as const;
const endpoint = endpointOf(chatDialects);

/** Members of `ModelTraits`, in snake case. */
const TRAITS: Members = {
  max_output_tokens: count,
  sampling: oneOf("any", "one_of_temperature_top_p", "fixed"),
  reasoning: oneOf("none", "budget", "adaptive"),
  efforts: listOf(text),
  json_schema: bool,
  tools_with_format: bool,
  system_in_conversation: bool,
  prefill: bool,
  system_role: oneOf("system", "developer"),
  max_tokens_field: oneOf("max_tokens", "max_completion_tokens"),
  developer_role: bool,
  refuses: listOf(text),
  renames: mapOf(text),
  reasoning_field: oneOf("reasoning_content", "reasoning", "thinking"),
  completions: bool,
};

const ROW: Shape = {
  of: "object",
  required: ["name", "title", "docs", "base_url", "chat"],
  members: {
    name,
    title: text,
    aliases: listOf(name),
    docs: page,
    base_url: address,
    api_key: variables,
    api_key_header: header,
    settings: {
      of: "map",
      members: { description: text, pattern: text, environment: variables },
      required: ["description", "pattern"],
    },
    only_by_name: bool,
    headers: mapOf(text),
    chat: { of: "object", ...endpoint },
    other_chats: { of: "list", ...endpoint },
    completions: { of: "object", ...endpoint },
    embeddings: { of: "object", ...endpointOf(embeddingDialects) },
    models_path: path,
    request_id_header: header,
    catalog: texts,
    quirks: {
      of: "list",
      members: { models: text, traits: { of: "object", members: TRAITS, required: [] }, source: page },
      required: ["traits", "source"],
    },
  },
};

/** What is wrong with one row, in sentences that name the member; empty when it can be used. */
export function rowProblems(row: unknown): string[] {
  const title = isObject(row) && typeof row.name === "string" ? row.name : "without a name";
  return problemsIn(row as JsonValue, ROW, "").map((problem) => `The row ${title}: ${problem}`);
}

function problemsIn(value: JsonValue, shape: Shape, at: string): string[] {
  if (shape.of === "list") {
    if (!Array.isArray(value)) return [`"${at}" must be a list.`];
    return value.flatMap((item, index) => membersOf(item, shape, `${at}[${index}]`));
  }
  if (shape.of === "object") return membersOf(value, shape, at);
  if (!isObject(value)) return [`"${at}" must be an object.`];
  return Object.entries(value).flatMap(([key, item]) => membersOf(item, shape, `${at}.${key}`));
}

function membersOf(value: JsonValue, { members, required }: Shape, at: string): string[] {
  if (!isObject(value)) return [at === "" ? "it must be an object." : `"${at}" must be an object.`];
  const within = (member: string): string => (at === "" ? member : `${at}.${member}`);
  const missing = required.filter((member) => !(member in value)).map((member) => `it lacks "${within(member)}".`);
  return [...missing, ...Object.keys(value).flatMap((member) => problemsOf(value, member, members, within(member)))];
}

function problemsOf(value: JsonObject, member: string, members: Members, at: string): string[] {
  const form = Object.hasOwn(members, member) ? members[member] : undefined;
  if (form === undefined) {
    const [near] = nearest(member, Object.keys(members));
    return [`"${at}" is not known.${near === undefined ? "" : ` Did you mean "${near}"?`}`];
  }
  const item = value[member] as JsonValue;
  if ("of" in form) return problemsIn(item, form, at);
  return form.fits(item) ? [] : [`"${at}" must be ${form.words}.`];
}
