import { describe, expect, it } from "vitest";
import { signatureOf } from "../../../../test/kits/amazon-door.js";
import { sign } from "./sign.js";

const AT = new Date("2026-11-21T10:32:57.123Z");
const KEYS = { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY" };
const BASE = "https://bedrock-runtime.us-east-1.amazonaws.com";

async function both(
  path: string,
  body: Buffer,
  headers: Record<string, string>,
  keys: typeof KEYS & { sessionToken?: string },
) {
  const ours = await sign({ method: "POST", url: BASE + path, headers, body }, keys, "us-east-1", AT);
  const seen = {
    method: "POST",
    path,
    headers: { ...headers, ...ours, host: new URL(BASE).host },
    body,
    json: () => ({}),
  };
  return { ours, theirs: await signatureOf(seen, keys, "us-east-1") };
}

describe("a signature", () => {
  it.each([
    ["/model/anthropic.claude-v2/converse", "{}"],
    ["/model/anthropic.claude-haiku-4-5-20251001-v1%3A0/converse-stream", '{"ü":"é 🙂"}'],
    ["/model/arn%3Aaws%3Abedrock%3Aus-east-1%3A012345678901%3Ainference-profile%2Fus.meta%3A0/converse", ""],
    ["/model/odd'(name)*!/invoke?a=b&A=%20c", "x"],
  ])("trap 98: is the one that another library makes: %s", async (path, body) => {
    for (const keys of [KEYS, { ...KEYS, sessionToken: "a+token/with=signs" }]) {
      const { ours, theirs } = await both(path, Buffer.from(body), {}, keys);
      expect(ours.authorization).toBe(theirs);
      expect(ours["x-amz-date"]).toBe("20261121T103257Z");
    }
  });

  it("covers Amazon's own headers and leaves the others alone", async () => {
    const headers = {
      "x-amzn-trace": "t",
      "x-amz-meta": "  two   spaces ",
      "content-type": "application/json",
      accept: "a",
    };
    const { ours, theirs } = await both(
      "/model/m/converse",
      Buffer.from("{}"),
      { "x-amz-meta": headers["x-amz-meta"] },
      KEYS,
    );
    expect(ours.authorization).toBe(theirs);
    const more = await sign(
      { method: "POST", url: `${BASE}/model/m/converse`, headers, body: "{}" },
      KEYS,
      "us-east-1",
      AT,
    );
    expect(more.authorization).toContain("SignedHeaders=host;x-amz-date;x-amz-meta;x-amzn-trace,");
    expect(more.accept).toBeUndefined();
  });

  it("is another for one byte more, another minute, another region", async () => {
    const call = { method: "POST", url: `${BASE}/model/m/converse`, headers: {}, body: "{}" };
    const all = await Promise.all([
      sign(call, KEYS, "us-east-1", AT),
      sign({ ...call, body: "{} " }, KEYS, "us-east-1", AT),
      sign(call, KEYS, "us-east-1", new Date(AT.getTime() + 60_000)),
      sign(call, KEYS, "us-west-2", AT),
      sign(call, { ...KEYS, secretAccessKey: "other" }, "us-east-1", AT),
    ]);
    expect(new Set(all.map(({ authorization }) => authorization)).size).toBe(all.length);
  });
});
