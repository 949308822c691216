import { isObject } from "../../extensions.js";
import { type Check, promise, Unsupported } from "../check.js";
import { cutBlocks } from "../cut-blocks.js";
import type { RecordedAnswer } from "../recording.js";
import { succeeded, textOf } from "../run-call.js";

const MORE = { conformance_unknown_field: { a: [1, null, "b"] } };

export const unknownSurvived: Check = {
  name: "unknown-survived",
  promise: "Fields and events of the server that it does not know change nothing.",
  async run(kit) {
    kit.needUpstream();
    let looked = 0;
    for (const recording of kit.good("complete").slice(0, 4)) {
      const { answer } = recording;
      const bytes = withMore(answer);
      if (bytes === undefined) continue;
      looked += 1;
      const wanted = textOf(await kit.play(recording));
      const outcome = await kit.play({ ...recording, answer: { ...answer, bytes } });
      const when = `to the recording "${recording.name}" with unknown fields`;
      succeeded(outcome, when);
      promise(textOf(outcome) === wanted, `the same text ${when}`, `"${textOf(outcome).slice(0, 100)}"`);
    }
    if (looked === 0) throw new Unsupported("Its recordings are of a kind to which nothing can be added.");
  },
};

function withMore(answer: RecordedAnswer): Buffer | undefined {
  if (answer.cut === "whole") return Buffer.from(more(answer.bytes.toString("utf8")));
  if (answer.cut === "ndjson")
    return joined(cutBlocks(answer).map((block) => `${more(block.toString("utf8").trim())}\n`));
  if (answer.cut !== "sse") return undefined;
  const blocks = cutBlocks(answer).map((block) =>
    block
      .toString("utf8")
      .split("\n")
      .map((line) => (line.startsWith("data:") ? `data: ${more(line.slice(5).trim())}` : line))
      .join("\n"),
  );
  const comment = ": a comment\n\n";
  return joined([comment, ...blocks.slice(0, 1), ...unknownEvent(blocks), comment, ...blocks.slice(1)]);
}

/** Where events have a name, one of a name that there is not. */
function unknownEvent(blocks: readonly string[]): string[] {
  if (!blocks.every((block) => block.startsWith("event:"))) return [];
  return ['event: conformance_unknown\ndata: {"type":"conformance_unknown","sequence_number":0}\n\n'];
}

function more(text: string): string {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? JSON.stringify({ ...value, ...MORE }) : text;
  } catch {
    return text;
  }
}

function joined(blocks: readonly string[]): Buffer {
  return Buffer.from(blocks.join(""));
}
