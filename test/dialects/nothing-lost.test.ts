import { toJson } from "@bufbuild/protobuf";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { unaccounted } from "../../src/dialects/fidelity/unaccounted.js";
import { translatedDialects } from "../../src/dialects/index.js";
import {
  type ChatDialect,
  type ChatRequest,
  ChatRequestSchema,
  type JsonObject,
  Losses,
  ParlanceError,
} from "../../src/sdk/index.js";
import { randomRequest } from "../support/random-requests.js";

const RUNS = Number(process.env.RUNS ?? 400);

const jsonOf = (request: ChatRequest): JsonObject =>
  toJson(ChatRequestSchema, request, { useProtoFieldName: true }) as JsonObject;

/** What of a request neither reached the wire nor was told; undefined when the dialect refused it. */
function silent(request: ChatRequest, dialect: ChatDialect): string[] | undefined {
  const losses = new Losses();
  try {
    const text = dialect.encodeRequest(request, { model: "m", stream: false, traits: {}, losses });
    const after = jsonOf(dialect.decodeRequest(text));
    return unaccounted(jsonOf(request), after, losses.list).map(
      ({ path, value }) => `${path} = ${JSON.stringify(value)}`,
    );
  } catch (thrown) {
    const { code } = ParlanceError.from(thrown);
    if (code === "invalid_request" || code === "unsupported") return undefined;
    throw thrown;
  }
}

describe.each(translatedDialects.map((dialect) => [dialect.name, dialect] as const))(
  "a request for %s",
  (_, dialect) => {
    it("holds every field of the vocabulary, or a loss names it", () => {
      fc.assert(
        fc.property(randomRequest, (request) => {
          expect(silent(request, dialect) ?? []).toEqual([]);
        }),
        { numRuns: RUNS },
      );
    });
  },
);
