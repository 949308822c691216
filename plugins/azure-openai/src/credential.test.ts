import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { JsonObject } from "@bufbuild/protobuf";
import { ParlanceError, type TokenCache } from "@parlance/sdk";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { answerJson, startUpstream, type TestUpstream } from "../../../test/kits/upstream.js";
import { credentialOf } from "./credential.js";

let server: TestUpstream;
let folder: string;
let time = 1_700_000_000_000;

beforeAll(async () => {
  server = await startUpstream();
  folder = await mkdtemp(join(tmpdir(), "parlance-azure-"));
});

afterAll(async () => {
  await server.close();
  await rm(folder, { recursive: true });
});

afterEach(() => {
  server.seen.length = 0;
});

const cacheOf = (settings: JsonObject): TokenCache =>
  credentialOf({ name: "mine", settings }, () => time) as TokenCache;
const application = (more: JsonObject): JsonObject => ({
  tenant_id: "tenant",
  client_id: "client",
  authority_host: `${server.url}/`,
  ...more,
});
const form = (): Record<string, string> =>
  Object.fromEntries(new URLSearchParams(server.seen.at(-1)?.body.toString("utf8")));
const failureOf = async (cache: TokenCache): Promise<ParlanceError> => {
  try {
    await cache.get();
  } catch (error) {
    return ParlanceError.from(error);
  }
  throw new Error("there was a token");
};

describe("a token of Entra ID", () => {
  it("is asked for with the secret of an application, once for all who wait", async () => {
    server.behave(answerJson({ token_type: "Bearer", expires_in: 3599, access_token: "t1" }));
    const cache = cacheOf(application({ client_secret: "hush" }));
    expect(await Promise.all([cache.get(), cache.get(), cache.get()])).toEqual(["t1", "t1", "t1"]);
    expect(cache.get()).toBe("t1");
    expect(server.seen.map(({ method, path }) => [method, path])).toEqual([["POST", "/tenant/oauth2/v2.0/token"]]);
    expect(server.seen[0]?.headers["content-type"]).toContain("application/x-www-form-urlencoded");
    expect(form()).toEqual({
      grant_type: "client_credentials",
      client_id: "client",
      client_secret: "hush",
      scope: "https://cognitiveservices.azure.com/.default",
    });
  });

  it("is renewed before it expires, while the old one serves", async () => {
    server.behave(answerJson({ expires_in: 3600, access_token: "t1" }));
    const cache = cacheOf(application({ client_secret: "hush" }));
    await cache.get();
    server.behave(answerJson({ expires_in: 3600, access_token: "t2" }));
    time += 3_600_000 - 4 * 60_000;
    expect(cache.get()).toBe("t1");
    await expect.poll(() => cache.get()).toBe("t2");
    expect(server.seen).toHaveLength(2);
  });

  it("is asked for with a workload identity's file, read anew each time", async () => {
    const file = join(folder, "token");
    await writeFile(file, "assertion-1\n");
    server.behave(answerJson({ expires_in: "60", access_token: "t1" }));
    const cache = cacheOf(application({ federated_token_file: file, scope: "https://ai.azure.com/.default" }));
    expect(await cache.get()).toBe("t1");
    expect(form()).toEqual({
      grant_type: "client_credentials",
      client_id: "client",
      client_assertion_type: "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
      client_assertion: "assertion-1",
      scope: "https://ai.azure.com/.default",
    });
    await writeFile(file, "assertion-2");
    time += 60_000;
    expect(await cache.get()).toBe("t1");
    expect(form().client_assertion).toBe("assertion-2");
    await rm(file);
    time += 60_000;
    expect(await failureOf(cache)).toMatchObject({ code: "provider_unauthenticated" });
  });

  it("of a machine's identity comes from its metadata service", async () => {
    const until = Math.floor(time / 1000) + 3600;
    server.behave(answerJson({ access_token: "m1", expires_on: String(until), resource: "r", token_type: "Bearer" }));
    const cache = cacheOf({ managed_identity: true, client_id: "user assigned", metadata_host: server.url });
    expect(await cache.get()).toBe("m1");
    const [request] = server.seen;
    expect([request?.method, request?.headers.metadata]).toEqual(["GET", "true"]);
    const url = new URL(request?.path ?? "", server.url);
    expect([url.pathname, Object.fromEntries(url.searchParams)]).toEqual([
      "/metadata/identity/oauth2/token",
      { "api-version": "2018-02-01", resource: "https://cognitiveservices.azure.com", client_id: "user assigned" },
    ]);
    time += 3_600_000;
    await cache.get();
    expect(server.seen).toHaveLength(2);
  });

  it("of an app's identity comes from App Service, before any secret that is set too", async () => {
    server.behave(answerJson({ access_token: "a1", expires_on: Math.floor(time / 1000) + 3600 }));
    const cache = cacheOf({
      ...application({ client_secret: "hush" }),
      client_id: "client",
      managed_identity: true,
      identity_endpoint: `${server.url}/msi/token`,
      identity_header: "knock",
    });
    expect(await cache.get()).toBe("a1");
    const url = new URL(server.seen[0]?.path ?? "", server.url);
    expect(server.seen[0]?.headers["x-identity-header"]).toBe("knock");
    expect([url.pathname, Object.fromEntries(url.searchParams)]).toEqual([
      "/msi/token",
      { "api-version": "2019-08-01", resource: "https://cognitiveservices.azure.com", client_id: "client" },
    ]);
  });

  it("that is refused is told with the server's codes, and without a secret", async () => {
    const description = "AADSTS7000215: Invalid client secret provided: hush. Trace ID: 1";
    server.behave(answerJson({ error: "invalid_client", error_description: description }, 401));
    const failure = await failureOf(cacheOf(application({ client_secret: "hush" })));
    expect(failure.code).toBe("provider_unauthenticated");
    expect(failure.message).toBe("Entra ID gave no token (401, invalid_client, AADSTS7000215).");
  });

  it.each([
    ["no JSON", "<html>"],
    ["no token", { expires_in: 3600 }],
    ["no end", { access_token: "t" }],
  ])("with %s is none", async (_name, body) => {
    server.behave(answerJson(body));
    expect((await failureOf(cacheOf(application({ client_secret: "hush" })))).message).toContain("gave no token (200)");
  });

  it("cannot be had where the server is not there; the next call asks again", async () => {
    const gone = await startUpstream();
    await gone.close();
    const cache = cacheOf({ managed_identity: true, metadata_host: gone.url });
    for (const _ of [1, 2]) {
      expect(await failureOf(cache)).toMatchObject({
        code: "provider_unauthenticated",
        message: "The managed identity gave no token: its server cannot be reached.",
      });
    }
  });

  it("is wanted by no provider that names no identity", () => {
    expect(credentialOf({ name: "mine", settings: { tenant_id: "t", client_id: "c" } })).toBeUndefined();
  });
});
