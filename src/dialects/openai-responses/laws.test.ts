import fc from "fast-check";
import { expect, test } from "vitest";
import { anyRequest, anyResponse } from "../../../test/support/responses-json.js";
import { context, eventsOf, senseOf, wireOf } from "../../../test/support/responses-streams.js";
import { fold, type JsonObject, Losses, unfold } from "../../sdk/index.js";
import { openaiResponses } from "./index.js";

test("law 3: any request comes back as it was, unknown members and nulls included, and nothing is lost", () => {
  fc.assert(
    fc.property(anyRequest, (body) => {
      const decoded = openaiResponses.decodeRequest(JSON.stringify(body));
      const losses = new Losses();
      const target = { model: body.model as string, stream: body.stream === true, traits: {}, losses };
      const { stream_options: options, ...expected } = body;
      if (typeof body.stream === "boolean" && options !== undefined) expected.stream_options = options;
      expect(JSON.parse(openaiResponses.encodeRequest(decoded, target))).toEqual(expected);
      expect(losses.list).toEqual([]);
    }),
    { numRuns: 300 },
  );
});

test("law 3: any answer comes back as it was, unknown members and nulls included", () => {
  fc.assert(
    fc.property(anyResponse, (body) => {
      const completion = openaiResponses.decodeResponse(JSON.stringify(body));
      expect(JSON.parse(openaiResponses.encodeResponse(completion, context))).toEqual(body);
    }),
    { numRuns: 300 },
  );
});

test("law 1: any answer is the same after it was unfolded and folded, and its stream keeps the grammar", () => {
  fc.assert(
    fc.property(anyResponse, (body) => {
      const completion = openaiResponses.decodeResponse(JSON.stringify(body));
      expect(fold(unfold(completion))).toEqual(completion);
      const last = eventsOf(wireOf(unfold(completion))).at(-1)?.response as JsonObject;
      const again = openaiResponses.decodeResponse(JSON.stringify(last));
      const parts = (one: typeof completion) => (senseOf(one) as { parts: unknown }).parts;
      expect(parts(again)).toEqual(parts(completion));
    }),
    { numRuns: 200 },
  );
});
