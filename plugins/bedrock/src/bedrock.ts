import { headerSafe, type Provider, type ProviderSettings, type Wire } from "@parlance/sdk";
import { converseDialect } from "./converse/converse.js";
import { credentialChain } from "./credentials/credential-chain.js";
import { refreshing } from "./credentials/refreshing.js";
import { sign } from "./credentials/sign.js";
import { invokeEmbeddings } from "./embeddings/invoke-embeddings.js";
import { modelTraits } from "./model-traits.js";
import { converseOptions, credentialsOf, placeOf, purposeOf, signingRegion } from "./settings.js";

/** The name of a model is one step of the path, ARNs with their slashes too. */
const MODEL = "/model/{model:segment}";

/**
 * A wire provider for AWS Bedrock: chats by Converse, embeddings by InvokeModel, counts by CountTokens
 * (https://docs.aws.amazon.com/bedrock/latest/APIReference/API_Operations_Amazon_Bedrock_Runtime.html). With an API key
 * it is the credential; else every call is signed.
 */
export function createBedrock(settings: ProviderSettings): Provider {
  const options = converseOptions(settings);
  const place = placeOf(settings);
  return {
    wire: {
      baseUrl: place.baseUrl,
      ...authorization(settings, () => signingRegion(settings, place)),
      chat: { dialect: converseDialect(options), path: `${MODEL}/converse`, streamPath: `${MODEL}/converse-stream` },
      embeddings: {
        dialect: invokeEmbeddings({ baseModel: options.baseModel, purpose: purposeOf(settings.settings) }),
        path: `${MODEL}/invoke`,
      },
      tokenCount: { path: `${MODEL}/count-tokens` },
      requestIdHeader: "x-amzn-requestid",
    },
    traits: (model) => modelTraits(options.baseModel(model)),
  };
}

/** The API key, or a signature by the credentials that are set or found. */
function authorization(settings: ProviderSettings, regionOf: () => string): Pick<Wire, "headers" | "authorize"> {
  const { apiKey, name } = settings;
  const profile = settings.settings.profile;
  // https://docs.aws.amazon.com/bedrock/latest/userguide/api-keys.html
  if (apiKey !== undefined)
    return { headers: { authorization: `Bearer ${headerSafe(apiKey, `providers.${settings.name}.api_key`)}` } };
  const region = regionOf();
  const found =
    credentialsOf(settings) ?? refreshing(credentialChain(name, typeof profile === "string" ? profile : undefined));
  return {
    headers: {},
    authorize: async (call) => sign(call, typeof found === "function" ? await found() : found, region, new Date()),
  };
}
