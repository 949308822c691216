import { generateKeyPairSync } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { cacheToken, ParlanceError } from "@parlance/sdk";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { answerJson, startUpstream, type TestUpstream } from "../../../test/kits/upstream.js";
import { googleToken } from "./google-token.js";

const { privateKey } = generateKeyPairSync("rsa", {
  modulusLength: 2048,
  privateKeyEncoding: { type: "pkcs8", format: "pem" },
  publicKeyEncoding: { type: "spki", format: "pem" },
});
const SERVICE_ACCOUNT = {
  type: "service_account",
  project_id: "p",
  private_key_id: "key-1",
  private_key: privateKey,
  client_email: "gate@p.iam.gserviceaccount.com",
  client_id: "1",
};

let server: TestUpstream;
let folder: string;

beforeAll(async () => {
  server = await startUpstream();
  folder = await mkdtemp(join(tmpdir(), "parlance-vertex-"));
});

afterAll(async () => {
  await server.close();
  await rm(folder, { recursive: true });
});

afterEach(() => {
  server.seen.length = 0;
  vi.unstubAllEnvs();
});

/** Google's library asks Google's own address, which is the local server here. */
const toServer: typeof fetch = (url, init) => {
  const { hostname, pathname } = new URL(String(url));
  expect(hostname).toBe("oauth2.googleapis.com");
  return fetch(server.url + pathname, init);
};
const fileOf = async (name: string, content: unknown): Promise<string> => {
  const file = join(folder, name);
  await writeFile(file, typeof content === "string" ? content : JSON.stringify(content));
  return file;
};
const form = () => new URLSearchParams(server.seen.at(-1)?.body.toString("utf8"));
const claimsOf = (assertion: string | null): Record<string, unknown> =>
  JSON.parse(Buffer.from((assertion ?? "").split(".")[1] ?? "", "base64url").toString()) as Record<string, unknown>;
const failureOf = async (token: Promise<unknown>): Promise<ParlanceError> => {
  try {
    await token;
  } catch (error) {
    return ParlanceError.from(error);
  }
  throw new Error("there was a token");
};

describe("a token of Google's", () => {
  it("is asked for with the signature of a service account", async () => {
    server.behave(answerJson({ access_token: "g1", expires_in: 3600, token_type: "Bearer" }));
    const before = Date.now();
    const token = await googleToken({ credentials: SERVICE_ACCOUNT, fetch: toServer })();
    expect(token.value).toBe("g1");
    expect(token.expiresAt - before).toBeGreaterThan(3_500_000);
    expect(server.seen.map(({ method, path }) => [method, path])).toEqual([["POST", "/token"]]);
    expect(form().get("grant_type")).toBe("urn:ietf:params:oauth:grant-type:jwt-bearer");
    expect(claimsOf(form().get("assertion"))).toMatchObject({
      iss: SERVICE_ACCOUNT.client_email,
      scope: "https://www.googleapis.com/auth/cloud-platform",
      aud: "https://oauth2.googleapis.com/token",
    });
  });

  it("is asked for once by all who wait, and again once it has been dropped", async () => {
    const keyFile = await fileOf("account.json", SERVICE_ACCOUNT);
    let count = 0;
    server.behave((request, response) => {
      count += 1;
      void answerJson({ access_token: `g${count}`, expires_in: 3600 })(request, response);
    });
    let time = Date.now();
    const cache = cacheToken({ renew: googleToken({ keyFile, fetch: toServer }), now: () => time });
    expect(await Promise.all([cache.get(), cache.get(), cache.get()])).toEqual(["g1", "g1", "g1"]);
    expect(cache.get()).toBe("g1");
    time += 60_000;
    cache.drop();
    expect(await cache.get()).toBe("g2");
    time += 3_600_000;
    expect(await cache.get()).toBe("g3");
    expect(server.seen).toHaveLength(3);
  });

  it("is asked for with the refresh token of a user, as gcloud keeps it", async () => {
    server.behave(answerJson({ access_token: "u1", expires_in: 3600 }));
    const user = { type: "authorized_user", client_id: "c", client_secret: "s", refresh_token: "r" };
    expect((await googleToken({ credentials: user, fetch: toServer })()).value).toBe("u1");
    expect(Object.fromEntries(form())).toMatchObject({
      grant_type: "refresh_token",
      refresh_token: "r",
      client_id: "c",
    });
  });

  it("is exchanged for the token of a federated workload", async () => {
    server.behave(answerJson({ access_token: "w1", expires_in: 3600, token_type: "Bearer", issued_token_type: "t" }));
    const keyFile = await fileOf("federated.json", {
      type: "external_account",
      audience: "//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/pool/providers/cluster",
      subject_token_type: "urn:ietf:params:oauth:token-type:jwt",
      token_url: `${server.url}/sts`,
      credential_source: { file: await fileOf("subject", "subject-token") },
    });
    expect((await googleToken({ keyFile })()).value).toBe("w1");
    expect(server.seen[0]?.path).toBe("/sts");
    expect(Object.fromEntries(form())).toMatchObject({ subject_token: "subject-token" });
  });

  it("is the machine's own where nothing is named: its file first, then its metadata server", async () => {
    vi.stubEnv("HOME", folder);
    vi.stubEnv("APPDATA", folder);
    vi.stubEnv("GOOGLE_APPLICATION_CREDENTIALS", await fileOf("ambient.json", SERVICE_ACCOUNT));
    server.behave(answerJson({ access_token: "g1", expires_in: 3600 }));
    expect((await googleToken({ fetch: toServer })()).value).toBe("g1");

    vi.stubEnv("GOOGLE_APPLICATION_CREDENTIALS", "");
    vi.stubEnv("GCE_METADATA_HOST", new URL(server.url).host);
    const flavor = { "metadata-flavor": "Google" };
    server.behave((request, response) =>
      request.path.includes("/token")
        ? answerJson({ access_token: "m1", expires_in: 1800, token_type: "Bearer" }, 200, flavor)(request, response)
        : answerJson("{}", 200, flavor)(request, response),
    );
    expect((await googleToken({})()).value).toBe("m1");
    const asked = server.seen.find(({ path }) => path.includes("/service-accounts/default/token"));
    expect(asked?.headers["metadata-flavor"]).toBe("Google");
  });

  it("that is refused is told with Google's code, and without the credential", async () => {
    const description = `Invalid JWT Signature for ${SERVICE_ACCOUNT.client_email}`;
    server.behave(answerJson({ error: "invalid_grant", error_description: description }, 400));
    const failure = await failureOf(googleToken({ credentials: SERVICE_ACCOUNT, fetch: toServer })());
    expect(failure.code).toBe("provider_unauthenticated");
    expect(failure.message).toMatch(/^Google gave no token \(400, invalid_grant[^)]*\)\.$/);
    expect([failure.cause, JSON.stringify(failure.facts)]).toEqual([undefined, expect.not.stringContaining("gate@")]);
  });

  it("cannot be had with a file that is not there, or is none", async () => {
    const missing = await failureOf(googleToken({ keyFile: join(folder, "gone.json") })());
    expect(missing).toMatchObject({ code: "provider_unauthenticated" });
    expect(missing.message).toContain("ENOENT");
    const broken = await failureOf(googleToken({ keyFile: await fileOf("broken.json", "{") })());
    expect(broken).toMatchObject({ code: "provider_unauthenticated" });
  });
});
