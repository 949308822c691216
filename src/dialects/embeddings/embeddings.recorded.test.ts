import type { JsonObject } from "@bufbuild/protobuf";
import { describe, expect, test } from "vitest";
import { recordings } from "../../../test/recordings.js";
import { Losses } from "../../sdk/index.js";
import { embeddings } from "./index.js";

const posted = recordings({ api: ["embeddings", "compat.embeddings"] }).filter(
  ({ request }) => request.method === "POST",
);
const all = posted.map(
  (recording) => [`${recording.id} ${recording.provider} ${recording.scenario}`, recording] as const,
);
const requests = all.filter(([, { request }]) => typeof (request.body as JsonObject | null)?.model === "string");
const answers = all.filter(([, { response }]) => response.status === 200);

describe("recorded embeddings", () => {
  test("are seen", () => {
    expect(requests.length).toBeGreaterThan(15);
    expect(answers.length).toBeGreaterThan(15);
  });

  test.each(requests)("the request of %s comes back as it was", (_, { request, response }) => {
    const body = request.body as JsonObject;
    const decode = () => embeddings.decodeRequest(JSON.stringify(body));
    if (response.status === 400 && body.dimensions === -1) {
      expect(decode).toThrow("dimensions");
      return;
    }
    const losses = new Losses();
    const text = embeddings.encodeRequest(decode(), { model: body.model as string, losses });
    expect(JSON.parse(text)).toEqual(body);
    expect(losses.list).toEqual([]);
  });

  test.each(answers)("the answer of %s comes back as it was", (_, { request, response }) => {
    const body = response.body as JsonObject;
    const base64 = typeof (body.data as JsonObject[])[0]?.embedding === "string";
    const result = embeddings.decodeResponse(JSON.stringify(body));
    expect(JSON.parse(embeddings.encodeResponse(result, { model: "model", base64 }))).toEqual(body);
    expect(embeddings.glean(Buffer.from(JSON.stringify(body))).usage).toEqual(result.usage);
    const input = (request.body as JsonObject | null)?.input;
    if (Array.isArray(input) && typeof input[0] !== "number") expect(result.embeddings).toHaveLength(input.length);
  });
});
