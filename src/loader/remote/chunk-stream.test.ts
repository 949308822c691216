import { EventEmitter } from "node:events";
import { create, type Message } from "@bufbuild/protobuf";
import { expect, it } from "vitest";
import { CompleteResponseSchema } from "../../gen/parlance/provider/v1/provider_service_pb.js";
import { chunks } from "../../sdk/index.js";
import { ChunkStream } from "./chunk-stream.js";
import type { CallEvents } from "./connection.js";

class Call extends EventEmitter implements CallEvents {
  cancelled = false;
  isPaused(): boolean {
    return false;
  }
  pause(): void {}
  resume(): void {}
  cancel(): void {
    this.cancelled = true;
  }
  say(message: Message): void {
    this.emit("data", message);
  }
}

it("a stream that falls silent is given up after its idle time, however long the first event could have taken", async () => {
  const call = new Call();
  const stream = new ChunkStream({
    call,
    signal: new AbortController().signal,
    firstMs: 60_000,
    idleMs: 50,
    heard: () => {},
    toError: (error) => error,
    plugin: "halting",
  });
  call.say(create(CompleteResponseSchema, { chunk: chunks.completionStart({ id: "1", model: "m" }) }));
  expect((await stream.next()).done).toBe(false);
  await expect(stream.next()).rejects.toMatchObject({ code: "stream_stalled" });
  expect(call.cancelled).toBe(true);
});
