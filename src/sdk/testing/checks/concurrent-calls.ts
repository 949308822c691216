import { create } from "@bufbuild/protobuf";
import { MessageSchema, Role } from "../../../gen/parlance/v1/chat_pb.js";
import { answerPieceByPiece, answerWith } from "../behaviours.js";
import { type Check, promise } from "../check.js";
import { cutBlocks } from "../cut-blocks.js";
import { goodOutcomes } from "../good-outcomes.js";
import type { RecordedAsk, Recording } from "../recording.js";
import { runCall, succeeded, textOf } from "../run-call.js";

const CALLS = 9;

export const concurrentCalls: Check = {
  name: "concurrent-calls",
  promise: "Calls that run side by side get each its own answer.",
  turn: "first",
  async run(kit) {
    kit.good("complete", true);
    const streams = (await goodOutcomes(kit)).filter(
      ({ recording: { ask, answer } }) => ask.operation === "complete" && ask.stream && answer.bytes.length < 20_000,
    );
    const of = (call: number) => streams[call % streams.length] as (typeof streams)[number];
    kit.upstream.behave((response, request) => {
      const call = /conformance call (\d+)/.exec(request.body.toString("utf8"))?.[1];
      if (call === undefined) return answerWith(400, "{}")(response, request);
      const { answer } = of(Number(call)).recording;
      return answerPieceByPiece(answer, cutBlocks(answer))(response, request);
    });
    const provider = await kit.provider();
    const calls = Array.from({ length: CALLS }, (_, call) => runCall(provider, asking(of(call).recording, call)));
    for (const [call, outcome] of (await Promise.all(calls)).entries()) {
      succeeded(outcome, `to each of ${CALLS} calls at once`);
      if (!kit.subject.conformance.upstream) continue;
      const wanted = textOf(of(call).outcome);
      const came = textOf(outcome);
      promise(
        came === wanted,
        `"${wanted.slice(0, 60)}" as the answer of one of ${CALLS} calls`,
        `"${came.slice(0, 60)}"`,
      );
    }
  },
};

function asking({ ask }: Recording, call: number): RecordedAsk {
  if (ask.operation !== "complete") return ask;
  const text = `conformance call ${call}`;
  const message = create(MessageSchema, { role: Role.USER, parts: [{ kind: { case: "text", value: { text } } }] });
  return { ...ask, chat: { ...ask.chat, messages: [message] } };
}
