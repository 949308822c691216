import { describe, expect, it } from "vitest";
import { ParlanceError } from "../sdk/index.js";
import { hideSecrets, secretSettings, secretsOf } from "./hide-secrets.js";

const schema = {
  type: "object",
  properties: {
    region: { type: "string" },
    secret_key: { type: "string", writeOnly: true },
    role: {
      type: "object",
      properties: { external_id: { type: "string", writeOnly: true }, name: { type: "string" } },
    },
  },
};

describe("settings that a plugin's schema marks as secrets", () => {
  it("are found by writeOnly, at any depth, and no others", () => {
    const settings = {
      region: "us-east-1",
      secret_key: "very-secret-key",
      role: { external_id: "an-external-id", name: "me" },
      unknown: "x",
    };
    expect(secretSettings(schema, settings)).toEqual(["very-secret-key", "an-external-id"]);
    expect(secretSettings(undefined, settings)).toEqual([]);
    expect(secretSettings(schema, {})).toEqual([]);
  });

  it("are quoted by no error", () => {
    const secrets = secretsOf(secretSettings(schema, { secret_key: "very-secret-key" }));
    const error = hideSecrets(new ParlanceError("provider_error", "It was very-secret-key."), secrets);
    expect(error.message).toBe("It was [hidden].");
  });
});
