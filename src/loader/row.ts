import {
  type AddedHeaders,
  type ChatEndpoint,
  headerSafe,
  matchesGlob,
  type ModelTraits,
  ParlanceError,
  type Provider,
  type ProviderPlugin,
  type ProviderSettings,
  type Wire,
} from "../sdk/index.js";

/**
 * A provider that only speaks dialects of the house, as data: no code. A package lists rows in a file that its manifest
 * names; each is used as a plugin is, by its name. Its members are those of the JSON, which `rowProblems` checks.
 */
export interface Row {
  /** What configuration calls it. */
  readonly name: string;
  /** What its owner calls it. */
  readonly title: string;
  /** Other names that configuration may call it by. Absent means none. */
  readonly aliases?: readonly string[];
  /** Where its facts are documented. */
  readonly docs: string;
  /**
   * Address without a trailing slash. `{region}` in it stands for the setting `region`. Of a server that everybody runs
   * for themselves: the one that it listens on when nothing is configured.
   */
  readonly base_url: string;
  /** The variable that holds the credential, or several of which the first that is set counts. Absent: none is needed. */
  readonly api_key?: string | readonly string[];
  /** Header of the bare credential. Absent means `authorization`, as a bearer. */
  readonly api_key_header?: string;
  /** Settings that stand in the address; all are required. Absent means none. */
  readonly settings?: Readonly<Record<string, RowSetting>>;
  /** True where nobody gets it unasked, whatever variables are set. Absent means so for a server of one's own alone. */
  readonly only_by_name?: boolean;
  /** Headers of every call. Absent means none. */
  readonly headers?: AddedHeaders;
  readonly chat: RowEndpoint;
  /** Further dialects for chat, each for the callers that speak it too. Absent means none. */
  readonly other_chats?: readonly RowEndpoint[];
  /** Legacy completions. Absent means none. */
  readonly completions?: RowEndpoint;
  /** Absent means none. */
  readonly embeddings?: RowEndpoint;
  /** Path that lists the server's models and costs no tokens: `Wire.modelsPath`. Absent means that none is known. */
  readonly models_path?: string;
  /** Header of answers that holds the provider's id of the request. Absent means `x-request-id`. */
  readonly request_id_header?: string;
  /**
   * Ids that the provider has in the catalogue's data, where prices and facts of its models come from: of several the first
   * that a source of data knows counts there. Absent means the row's own name.
   */
  readonly catalog?: string | readonly string[];
  /** Where the server is unlike the owner of its dialect. Absent means nowhere. */
  readonly quirks?: readonly Quirk[];
}

/** A setting that stands in the address of a row. */
export interface RowSetting {
  readonly description: string;
  /** Form of the value, as a regular expression. */
  readonly pattern: string;
  /** Variables that hold it, of which the first that is set counts. */
  readonly environment?: string | readonly string[];
}

/** A dialect by its name, and the path after the address. */
export interface RowEndpoint {
  readonly dialect: string;
  readonly path: string;
  /** Where tokens are counted in this dialect. */
  readonly token_count_path?: string;
}

/** One way in which a server is unlike the owner of its dialect: members of `ModelTraits`, in snake case. */
export interface Quirk {
  /** Models that it is of, with `*` for any run of characters. Absent means all. */
  readonly models?: string;
  readonly traits: Readonly<Record<string, unknown>>;
  /** Where that is documented or was seen. */
  readonly source: string;
}

/** The plugin that a row stands for. Its `create` throws `invalid_request` that names the setting at fault. */
export function rowPlugin(row: Row): ProviderPlugin {
  const quirks = (row.quirks ?? []).map(({ models = "*", traits }) => ({
    models: models.toLowerCase(),
    traits: toTraits(traits),
  }));
  return { create: (settings) => ({ wire: wireOf(row, settings), ...(quirks.length > 0 && traitsBy(quirks)) }) };
}

function wireOf(row: Row, settings: ProviderSettings): Wire {
  const { chat, other_chats = [], completions, embeddings, models_path, request_id_header } = row;
  return {
    baseUrl: settings.baseUrl ?? addressOf(row, settings),
    headers: { ...row.headers, ...credential(row, settings) },
    chat,
    otherChats: other_chats.map(toChatEndpoint),
    ...(chat.token_count_path !== undefined && { tokenCount: { path: chat.token_count_path } }),
    ...(completions !== undefined && { completions }),
    ...(embeddings !== undefined && { embeddings }),
    ...(models_path !== undefined && { modelsPath: models_path }),
    ...(request_id_header !== undefined && { requestIdHeader: request_id_header }),
  };
}

function toChatEndpoint({ dialect, path, token_count_path }: RowEndpoint): ChatEndpoint {
  return { dialect, path, ...(token_count_path !== undefined && { tokenCountPath: token_count_path }) };
}

function addressOf({ base_url, settings: known = {} }: Row, { name, settings }: ProviderSettings): string {
  return base_url.replace(/\{(\w+)\}/g, (_place, key: string) => {
    const value = settings[key];
    if (typeof value === "string") return encodeURIComponent(value);
    const field = `providers.${name}.settings.${key}`;
    const variables = [known[key]?.environment ?? []].flat().join(" or ");
    const advice = variables === "" ? "Set it, or base_url." : `Set it, or the variable ${variables}, or base_url.`;
    throw new ParlanceError(
      "invalid_request",
      `${field} is required: it is a part of the provider's address. ${advice}`,
      { field },
    );
  });
}

function credential({ api_key_header }: Row, { apiKey, name }: ProviderSettings): AddedHeaders {
  if (apiKey === undefined) return {};
  const value = headerSafe(apiKey, `providers.${name}.api_key`);
  return api_key_header === undefined ? { authorization: `Bearer ${value}` } : { [api_key_header]: value };
}

interface ReadQuirk {
  /** Pattern of names in lower case. */
  readonly models: string;
  readonly traits: ModelTraits;
}

/** Later quirks win, member by member; what a server refuses adds up. */
function traitsBy(quirks: readonly ReadQuirk[]): Pick<Provider, "traits"> {
  return {
    traits(model) {
      let traits: ModelTraits = {};
      for (const { models, traits: own } of quirks) {
        if (!matchesGlob(models, model.toLowerCase())) continue;
        const refuses = [...(traits.refuses ?? []), ...(own.refuses ?? [])];
        traits = { ...traits, ...own, ...(refuses.length > 0 && { refuses }) };
      }
      return traits;
    },
  };
}

function toTraits(traits: Quirk["traits"]): ModelTraits {
  return Object.fromEntries(
    Object.entries(traits).map(([name, value]) => [
      name.replace(/_(.)/g, (_all, sign: string) => sign.toUpperCase()),
      value,
    ]),
  );
}
