import { describe, expect, it } from "vitest";
import { type Chunk, chunks, type ParlanceError } from "../../sdk/index.js";
import type { LaneEvents } from "./lane.js";
import { NativeCall, silenceLimits } from "./native-call.js";

/** Long enough for what says something, short enough for a test. */
const LIMITS = { firstMs: 60, idleMs: 60 };
const never = (): Promise<never> => new Promise(() => {});
const begin = chunks.completionStart({ id: "1", model: "m" });

function listen() {
  let failed!: (error: ParlanceError) => void;
  const failure = new Promise<ParlanceError>((resolve) => {
    failed = resolve;
  });
  const events: LaneEvents = {
    head() {},
    frame() {},
    end() {},
    whole() {},
    fail: (error) => failed(error),
  };
  return { events, failure };
}

describe("a plugin that speaks for itself", () => {
  it.each([true, false])("and never begins its answer is given up, and told to stop (stream: %s)", async (stream) => {
    const { events, failure } = listen();
    const call = new NativeCall(events, "mute", LIMITS);
    // eslint-disable-next-line require-yield -- it is the test: it says nothing
    async function* silent(): AsyncGenerator<Chunk> {
      await never();
    }
    void call.stream(silent(), stream, "one");
    const error = await failure;
    expect(error.code).toBe("provider_timeout");
    expect(error.message).toContain('The plugin "mute" did not begin its answer');
    expect(call.signal.aborted).toBe(true);
  });

  it("and falls silent in its answer is given up", async () => {
    const { events, failure } = listen();
    const call = new NativeCall(events, "mute", { firstMs: 10_000, idleMs: 60 });
    async function* halting(): AsyncGenerator<Chunk> {
      yield begin;
      await never();
    }
    void call.stream(halting(), true, "one");
    // The first look at the clock comes when the first event was due: that of what has begun must come before.
    const error = await failure;
    expect(error.message).toContain('The plugin "mute" did not go on with its answer');
  });

  it("and never answers with embeddings or a count is given up", async () => {
    const { events, failure } = listen();
    void new NativeCall(events, "mute", LIMITS).single(never());
    expect((await failure).code).toBe("provider_timeout");
  });

  it("is not blamed for a client that does not read", async () => {
    const { events, failure } = listen();
    const call = new NativeCall(events, "patient", LIMITS);
    async function* speaking(): AsyncGenerator<Chunk> {
      yield begin;
      await never();
    }
    call.pause();
    void call.stream(speaking(), true, "one");
    const first = await Promise.race([failure, new Promise((resolve) => setTimeout(() => resolve("waits"), 200))]);
    expect(first).toBe("waits");
    call.resume();
    expect((await failure).code).toBe("stream_stalled");
  });

  it("has some time more than its provider, which a plugin that keeps the limits itself can blame", () => {
    expect(silenceLimits({ connectMs: 1000, firstByteMs: 2000, idleMs: 3000 })).toEqual({
      firstMs: 8000,
      idleMs: 8000,
    });
  });
});
