import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import bedrock from "../../plugins/bedrock/src/index.js";
import cohere from "../../plugins/cohere/src/index.js";
import mistral from "../../plugins/mistral/src/index.js";
import ollama from "../../plugins/ollama/src/index.js";
import {
  awsEventStreamFraming,
  isObject,
  type JsonObject,
  ndjsonFraming,
  sseFraming,
  type TargetDialect,
} from "../../src/sdk/index.js";
import { toRecording } from "../../src/sdk/testing/recording.js";
import type { Told } from "../support/answer-mutants.js";
import { type Answer, faultsOf } from "../support/faults-of-mutants.js";
import { dialectsOf } from "../support/target-dialects.js";

const FRAMINGS = { sse: sseFraming, ndjson: ndjsonFraming, eventstream: awsEventStreamFraming };

const wires: readonly [string, TargetDialect][] = [
  ["bedrock", dialectsOf(bedrock, { region: "us-east-1" }).chat],
  ["cohere", dialectsOf(cohere).chat],
  ["mistral", dialectsOf(mistral).chat],
  ["ollama", dialectsOf(ollama).chat],
];

describe.each(wires)("an answer of %s as it might also have come", (name, dialect) => {
  it("is an error of the table, or has lost nothing that it says", () => {
    const answers = answersOf(name);
    expect(answers.some(({ streamed }) => streamed)).toBe(true);
    const { faults, read } = faultsOf(dialect, answers);
    expect(read).toBeGreaterThan(200);
    expect(faults).toEqual([]);
  });
});

/** The good answers to chats among a plugin's own recordings. */
function answersOf(plugin: string): Answer[] {
  const folder = fileURLToPath(new URL(`../../plugins/${plugin}/conformance/`, import.meta.url));
  return readdirSync(folder).flatMap((file): Answer[] => {
    const { ask, answer } = toRecording(file, JSON.parse(readFileSync(folder + file, "utf8")));
    if (ask.operation !== "complete" || answer.status !== 200) return [];
    if (answer.cut === "whole") {
      const payload: unknown = JSON.parse(answer.bytes.toString("utf8"));
      return isObject(payload) ? [{ file, pieces: [{ event: "", payload }], streamed: false }] : [];
    }
    const pieces: Told[] = [];
    const reader = FRAMINGS[answer.cut].reader();
    const add = ({ event, data }: { event: string; data: string }) => {
      if (data.trim() !== "" && data !== "[DONE]") pieces.push({ event, payload: JSON.parse(data) as JsonObject });
    };
    reader.push(answer.bytes, add);
    reader.end(add);
    return [{ file, pieces, streamed: true }];
  });
}
