import { ParlanceError, type ProviderSettings } from "@parlance/sdk";
import { describe, expect, it } from "vitest";
import plugin from "./index.js";

const providerOf = (settings: Partial<ProviderSettings>) => plugin.create({ name: "mine", settings: {}, ...settings });
const KEYS = { access_key_id: "AKIATEST", secret_access_key: "secret-of-test" };

function refusalOf(settings: Partial<ProviderSettings>): ParlanceError {
  try {
    providerOf(settings);
  } catch (thrown) {
    if (ParlanceError.is(thrown)) return thrown;
    throw thrown;
  }
  throw new Error("nothing was thrown");
}

describe("the bedrock plugin", () => {
  it("speaks Converse at the region's own address, the model's name one step of the path", () => {
    expect(providerOf({ apiKey: "key", settings: { region: "us-west-2" } }).wire).toMatchObject({
      baseUrl: "https://bedrock-runtime.us-west-2.amazonaws.com",
      headers: { authorization: "Bearer key" },
      chat: {
        dialect: { name: "bedrock-converse" },
        path: "/model/{model:segment}/converse",
        streamPath: "/model/{model:segment}/converse-stream",
      },
      embeddings: { path: "/model/{model:segment}/invoke" },
      tokenCount: { path: "/model/{model:segment}/count-tokens" },
      requestIdHeader: "x-amzn-requestid",
    });
  });

  it("signs for the region of its address where none is set, and for the one that is set", async () => {
    const call = { method: "POST", url: "https://h/model/m/converse", headers: {}, body: "{}" };
    const scopeOf = async (settings: Partial<ProviderSettings>) => {
      const added = await providerOf(settings).wire?.authorize?.(call);
      return /\/([a-z0-9-]+)\/bedrock\/aws4_request/.exec(added?.authorization ?? "")?.[1];
    };
    for (const host of [
      "bedrock-runtime-fips.us-gov-west-1.amazonaws.com",
      "vpce-1a-2b.bedrock-runtime.us-gov-west-1.vpce.amazonaws.com",
    ]) {
      expect(await scopeOf({ baseUrl: `https://${host}`, settings: KEYS })).toBe("us-gov-west-1");
    }
    expect(await scopeOf({ baseUrl: "https://proxy.example", settings: { ...KEYS, region: "eu-west-3" } })).toBe(
      "eu-west-3",
    );
  });

  it.each([
    [{}, "region"],
    [{ baseUrl: "https://proxy.example", settings: KEYS }, "region"],
    [{ settings: { region: "us-east-1", access_key_id: "a" } }, "secret_access_key"],
    [{ settings: { region: "us-east-1", secret_access_key: "a" } }, "access_key_id"],
    [{ settings: { region: "us-east-1", session_token: "a" } }, "access_key_id"],
  ])("refuses settings that are not whole by the name of what is missing: %j", (settings, name) => {
    expect(refusalOf(settings)).toMatchObject({
      code: "invalid_request",
      facts: { field: `providers.mine.settings.${name}` },
    });
  });

  it("refuses a key that no header can hold, without showing it", () => {
    const refusal = refusalOf({ apiKey: "secret\n", settings: { region: "us-east-1" } });
    expect(refusal.facts.field).toBe("providers.mine.api_key");
    expect(refusal.message).not.toContain("secret");
  });

  it("knows what its models can do, also behind a name that does not tell", () => {
    const arn = "arn:aws:bedrock:us-east-1:012345678901:application-inference-profile/x";
    const families = { [arn]: "us.anthropic.claude-sonnet-5" };
    const provider = providerOf({ apiKey: "k", settings: { region: "us-east-1", model_families: families } });
    expect(provider.traits?.(arn)).toMatchObject({ reasoning: "adaptive", prefill: false });
    expect(provider.traits?.("other")).toEqual({});
  });
});
