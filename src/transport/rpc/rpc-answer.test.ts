import { EventEmitter } from "node:events";
import type { ServerResponse } from "node:http";
import { expect, it } from "vitest";
import type { WholeAnswer } from "../../core/answer.js";
import { CompletionSchema, create } from "../../sdk/index.js";
import { completionMethods } from "./completion-methods.js";
import { findProtocol } from "./protocol/find-protocol.js";
import type { Protocol } from "./protocol/protocol.js";
import { RpcAnswer } from "./rpc-answer.js";
import { UnarySink } from "./unary-sink.js";

const [complete] = completionMethods;

function answerOver(contentType: string) {
  const written: { headers: Record<string, unknown>; trailers: Record<string, unknown>; ended: number } = {
    headers: {},
    trailers: {},
    ended: 0,
  };
  const response = Object.assign(new EventEmitter(), {
    writeHead: (_status: number, headers: object) => Object.assign(written.headers, headers),
    setHeader: (name: string, value: unknown) => {
      written.headers[name] = value;
    },
    addTrailers: (trailers: object) => Object.assign(written.trailers, trailers),
    write: () => true,
    end: () => {
      written.ended += 1;
    },
  }) as unknown as ServerResponse;
  if (complete === undefined) throw new Error("there are no methods");
  const answer = new RpcAnswer(response, findProtocol(contentType, false) as Protocol, complete);
  return { sink: new UnarySink(answer, complete), answer, written };
}

const whole = (value: WholeAnswer["value"]): WholeAnswer => ({ bytes: undefined, contentType: "", value });
const counted = (inputTokens: number) =>
  whole(() => ({ kind: "completion", completion: create(CompletionSchema, { usage: { inputTokens } }) }));

it.each(["application/grpc", "application/proto"])(
  "an answer that no message can hold is an internal error over %s, told once",
  (contentType) => {
    const { sink, written } = answerOver(contentType);
    sink.whole(counted(2 ** 40));
    expect(written.ended).toBe(1);
    if (contentType.includes("grpc")) expect(written.headers["grpc-status"]).toBe("13");
    else expect(written.headers["content-type"]).toBe("application/json");
  },
);

it("an answer that cannot be decoded is an internal error as well", () => {
  const { sink, written } = answerOver("application/grpc+json");
  sink.whole(
    whole(() => {
      throw new Error("broken");
    }),
  );
  expect(written).toMatchObject({ ended: 1, headers: { "grpc-status": "13" } });
});

it("nothing is written to a client that has left", () => {
  const { sink, answer, written } = answerOver("application/grpc");
  answer.abandon();
  sink.whole(counted(1));
  answer.open();
  answer.close();
  expect(answer.write([])).toBe(true);
  expect(written).toEqual({ headers: {}, trailers: {}, ended: 0 });
});
