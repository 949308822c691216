import {
  cacheToken,
  headerSafe,
  isObject,
  ParlanceError,
  type Provider,
  type ProviderSettings,
  type Wire,
} from "@parlance/sdk";
import { anthropicTraits, geminiTraits } from "@parlance/sdk/dialects";
import { claudeMessages } from "./claude.js";
import { countRequest } from "./count-request.js";
import { embedContent } from "./embed-content.js";
import { googleToken } from "./google-token.js";
import { predict } from "./predict.js";

/** The version that Google's own libraries have: https://github.com/googleapis/js-genai#api-selection */
const DEFAULT_VERSION = "v1beta1";
/** Runs wherever there is room: https://cloud.google.com/vertex-ai/generative-ai/docs/learn/locations#global-endpoint */
const DEFAULT_LOCATION = "global";
/** Continents, which have addresses of another form: the same page. */
const CONTINENTS: ReadonlySet<string> = new Set(["us", "eu"]);

/**
 * A wire provider for Google's models on Vertex AI, or for Anthropic's. With a key it calls what Google calls express mode, which knows
 * neither projects nor locations; without one it sends a token.
 */
export function createVertex(provider: ProviderSettings): Provider {
  const { name, baseUrl, apiKey, settings } = provider;
  const { location = DEFAULT_LOCATION, version = DEFAULT_VERSION } = settings as Record<string, string | undefined>;
  const express = apiKey !== undefined;
  const place = express ? "" : `/projects/${projectOf(provider)}/locations/${location}`;
  const publishers = `/${version}${place}/publishers`;
  const common = {
    baseUrl: baseUrl ?? addressOf(express ? DEFAULT_LOCATION : location),
    ...(express
      ? { headers: { "x-goog-api-key": headerSafe(apiKey, `providers.${name}.api_key`) } }
      : { headers: {}, ...tokenOf(provider) }),
  };
  if (settings.publisher === "anthropic") {
    return { wire: { ...common, ...claudeAt(`${publishers}/anthropic`) }, traits: anthropicTraits };
  }
  const google = googleAt(`${publishers}/google`, settings.embeddings === "embed_content");
  return { wire: { ...common, ...google }, traits: geminiTraits };
}

type Endpoints = Pick<Wire, "chat" | "tokenCount" | "embeddings">;

function googleAt(publisher: string, oneByOne: boolean): Endpoints {
  // A slash in a name would be a step of the path, which leads elsewhere.
  const model = `${publisher}/models/{model:segment}`;
  return {
    chat: {
      dialect: "gemini",
      path: `${model}:generateContent`,
      // Without the parameter the stream is one JSON array.
      streamPath: `${model}:streamGenerateContent?alt=sse`,
    },
    tokenCount: { path: `${model}:countTokens`, rewrite: countRequest },
    embeddings: oneByOne
      ? { dialect: embedContent, path: `${model}:embedContent` }
      : { dialect: predict, path: `${model}:predict` },
  };
}

function claudeAt(publisher: string): Endpoints {
  const model = `${publisher}/models/{model:segment}`;
  return { chat: { dialect: claudeMessages, path: `${model}:rawPredict`, streamPath: `${model}:streamRawPredict` } };
}

/** https://cloud.google.com/vertex-ai/docs/reference/rest#service-endpoint */
function addressOf(location: string): string {
  if (location === "global") return "https://aiplatform.googleapis.com";
  if (CONTINENTS.has(location)) return `https://aiplatform.${location}.rep.googleapis.com`;
  return `https://${location}-aiplatform.googleapis.com`;
}

function tokenOf({ settings }: ProviderSettings): Pick<Wire, "authorize" | "refused"> {
  const { credentials, credentials_file: keyFile } = settings;
  const token = cacheToken({
    renew: googleToken({
      ...(isObject(credentials) && { credentials }),
      ...(typeof keyFile === "string" && { keyFile }),
    }),
  });
  const bearer = (value: string) => ({ authorization: `Bearer ${value}` });
  return {
    authorize() {
      const value = token.get();
      return typeof value === "string" ? bearer(value) : value.then(bearer);
    },
    refused: () => token.drop(),
  };
}

function projectOf({ name, settings }: ProviderSettings): string {
  const named = isObject(settings.credentials) ? settings.credentials.project_id : undefined;
  const project = settings.project ?? named;
  if (typeof project === "string") return encodeURIComponent(project);
  const field = `providers.${name}.settings.project`;
  throw new ParlanceError("invalid_request", `${field} is needed where there is no key.`, { field });
}
