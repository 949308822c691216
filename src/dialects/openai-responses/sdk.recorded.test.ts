import { describe, expect, test } from "vitest";
import { recordings } from "../../../test/recordings.js";
import { eventsOf, readBySdk, readStream, senseOf, wireOf } from "../../../test/support/responses-streams.js";
import { unfold } from "../../sdk/index.js";
import { openaiResponses } from "./index.js";

const recorded = recordings({ api: "responses" }).filter(({ response }) => response.status === 200);
const streams = recorded.filter(({ response }) => response.sse !== undefined);
const answers = recorded.filter(
  ({ response }) => (response.body as { object?: string } | undefined)?.object === "response",
);
const table = (list: typeof recorded) => list.map((one) => [`${one.id} ${one.provider} ${one.scenario}`, one] as const);

describe("recorded streams that are told again", () => {
  test.each(table(streams))("%s is read by the official client", async (_, { response }) => {
    const { chunks, completion } = readStream([Buffer.from(response.sse as string)]);
    const sse = wireOf(chunks);
    eventsOf(sse);
    const { added, response: read } = await readBySdk(sse);
    expect(added.length).toBe((read.output as unknown[]).length);
    expect(senseOf(openaiResponses.decodeResponse(JSON.stringify(read)))).toEqual(senseOf(completion));
  });
});

describe("recorded answers that are told as a stream", () => {
  test.each(table(answers))("%s is read by the official client", async (_, { response }) => {
    const completion = openaiResponses.decodeResponse(JSON.stringify(response.body));
    const sse = wireOf(unfold(completion));
    eventsOf(sse);
    const { response: read } = await readBySdk(sse);
    expect(senseOf(openaiResponses.decodeResponse(JSON.stringify(read)))).toEqual(senseOf(completion));
  });
});
