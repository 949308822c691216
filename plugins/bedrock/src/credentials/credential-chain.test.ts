import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ParlanceError } from "@parlance/sdk";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { credentialChain } from "./credential-chain.js";

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "parlance-aws-"));
  for (const name of Object.keys(process.env)) if (name.startsWith("AWS_")) vi.stubEnv(name, undefined);
  vi.stubEnv("AWS_SHARED_CREDENTIALS_FILE", join(folder, "credentials"));
  vi.stubEnv("AWS_CONFIG_FILE", join(folder, "config"));
  vi.stubEnv("AWS_EC2_METADATA_DISABLED", "true");
});

afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true });
});

describe("the chain of credentials", () => {
  it("takes those of the environment", async () => {
    vi.stubEnv("AWS_ACCESS_KEY_ID", "AKIAENV");
    vi.stubEnv("AWS_SECRET_ACCESS_KEY", "of-the-environment");
    vi.stubEnv("AWS_SESSION_TOKEN", "token");
    expect(await credentialChain("aws", undefined)()).toMatchObject({
      accessKeyId: "AKIAENV",
      secretAccessKey: "of-the-environment",
      sessionToken: "token",
    });
  });

  it("takes those of a named profile, whatever the environment has", async () => {
    vi.stubEnv("AWS_ACCESS_KEY_ID", "AKIAENV");
    vi.stubEnv("AWS_SECRET_ACCESS_KEY", "of-the-environment");
    await writeFile(
      join(folder, "credentials"),
      "[work]\naws_access_key_id = AKIAFILE\naws_secret_access_key = of-the-file\n",
    );
    expect(await credentialChain("aws", "work")()).toMatchObject({
      accessKeyId: "AKIAFILE",
      secretAccessKey: "of-the-file",
    });
  });

  it("takes what a profile's own program tells, with its end", async () => {
    const told = {
      Version: 1,
      AccessKeyId: "AKIAPROGRAM",
      SecretAccessKey: "of-a-program",
      SessionToken: "t",
      Expiration: "2999-01-01T00:00:00Z",
    };
    await writeFile(join(folder, "program.mjs"), `console.log(${JSON.stringify(JSON.stringify(told))})`);
    await writeFile(
      join(folder, "config"),
      `[profile auto]\ncredential_process = "${process.execPath}" "${join(folder, "program.mjs")}"\n`,
    );
    const found = await credentialChain("aws", "auto")();
    expect(found).toMatchObject({ accessKeyId: "AKIAPROGRAM", sessionToken: "t" });
    expect(found.expiration?.getFullYear()).toBeGreaterThan(2900);
  });

  it("that finds none says where it may be told them", async () => {
    const failure = await credentialChain("aws", undefined)().catch((thrown: unknown) => thrown);
    expect(ParlanceError.is(failure)).toBe(true);
    expect(failure).toMatchObject({ code: "provider_unauthenticated" });
    expect((failure as ParlanceError).message).toContain("providers.aws.api_key");
  });
});
