import { isObject, type JsonObject, type JsonValue, ParlanceError, type ProviderSettings } from "@parlance/sdk";
import type { ConverseOptions } from "./converse/request-encode.js";
import type { Purpose } from "./embeddings/texts.js";
import type { AmazonCredentials } from "./credentials/amazon-credentials.js";

/** Where the provider is, and in which region a call to it is signed. */
export interface Place {
  readonly baseUrl: string;
  /** Absent where the address does not tell it and nobody has. */
  readonly region: string | undefined;
}

/** `bedrock-runtime.us-east-1.amazonaws.com`, `bedrock-runtime-fips.us-gov-west-1.amazonaws.com`, and VPC endpoints. */
const HOST = /\bbedrock-runtime(?:-fips)?\.([a-z0-9-]+)\./;

/** The place of a provider. Throws `invalid_request` when neither an address nor a region is set. */
export function placeOf({ name, baseUrl, settings }: ProviderSettings): Place {
  const region = textOf(settings.region) ?? HOST.exec(baseUrl ?? "")?.[1];
  // https://docs.aws.amazon.com/general/latest/gr/bedrock.html
  if (baseUrl !== undefined) return { baseUrl, region };
  if (region !== undefined) return { baseUrl: `https://bedrock-runtime.${region}.amazonaws.com`, region };
  throw missing(name, "region", "it is needed for the address: set it, such as us-east-1, or base_url");
}

/** The region that calls are signed for. Throws `invalid_request` when there is none. */
export function signingRegion({ name }: ProviderSettings, { region }: Place): string {
  if (region !== undefined) return region;
  throw missing(name, "region", "it is needed for the signature: set it, such as us-east-1");
}

/** The credentials that are set; undefined when none are. Throws `invalid_request` when they are not whole. */
export function credentialsOf({ name, settings }: ProviderSettings): AmazonCredentials | undefined {
  const accessKeyId = textOf(settings.access_key_id);
  const secretAccessKey = textOf(settings.secret_access_key);
  const sessionToken = textOf(settings.session_token);
  if (accessKeyId === undefined && secretAccessKey === undefined) {
    if (sessionToken === undefined) return undefined;
    throw missing(name, "access_key_id", "it is needed with session_token");
  }
  if (accessKeyId === undefined) throw missing(name, "access_key_id", "it is needed with secret_access_key");
  if (secretAccessKey === undefined) throw missing(name, "secret_access_key", "it is needed with access_key_id");
  return { accessKeyId, secretAccessKey, sessionToken };
}

/** What the operator adds to every chat. */
export function converseOptions({ settings }: ProviderSettings): ConverseOptions {
  const { guardrail, latency, betas, model_families: families } = settings;
  const mode = isObject(guardrail) ? textOf(guardrail.stream_processing_mode) : undefined;
  return {
    ...(isObject(guardrail) && { guardrail: guardrailConfig(guardrail) }),
    ...(mode !== undefined && { streamProcessingMode: mode }),
    ...(typeof latency === "string" && { latency }),
    ...(Array.isArray(betas) && { betas: betas.map(String) }),
    baseModel: baseModelBy(isObject(families) ? families : {}),
  };
}

/** What vectors are for; the manifest's schema knows the words. */
export function purposeOf({ embedding_purpose: purpose }: JsonObject): Purpose {
  return purpose === undefined ? "index" : (purpose as Purpose);
}

/** The model behind a name, where the operator has told it; else the name. */
function baseModelBy(families: JsonObject): (model: string) => string {
  return (model) => (Object.hasOwn(families, model) ? textOf(families[model]) : undefined) ?? model;
}

function guardrailConfig({ identifier, version, trace }: JsonObject): JsonObject {
  return {
    guardrailIdentifier: identifier ?? null,
    guardrailVersion: version ?? null,
    ...(trace !== undefined && { trace }),
  };
}

function textOf(value: JsonValue | undefined): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

function missing(provider: string, setting: string, why: string): ParlanceError {
  const field = `providers.${provider}.settings.${setting}`;
  return new ParlanceError("invalid_request", `${field} is not set, and ${why}.`, { field });
}
