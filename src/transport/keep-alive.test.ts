import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { KeepAlive } from "./keep-alive.js";

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

describe("keeping streams alive", () => {
  it("sends after every time of silence, never later", () => {
    const send = vi.fn();
    new KeepAlive(1000).watch(send);
    vi.advanceTimersByTime(999);
    expect(send).toHaveBeenCalledTimes(0);
    vi.advanceTimersByTime(1);
    expect(send).toHaveBeenCalledTimes(1);
    vi.advanceTimersByTime(3000);
    expect(send).toHaveBeenCalledTimes(4);
  });

  it("sends nothing while the stream speaks", () => {
    const send = vi.fn();
    const watch = new KeepAlive(1000).watch(send);
    for (let i = 0; i < 20; i += 1) {
      vi.advanceTimersByTime(500);
      watch.spoke();
    }
    expect(send).toHaveBeenCalledTimes(0);
  });

  it("counts for each stream alone", () => {
    const keepAlive = new KeepAlive(1000);
    const quiet = vi.fn();
    const loud = vi.fn();
    keepAlive.watch(quiet);
    const watch = keepAlive.watch(loud);
    vi.advanceTimersByTime(600);
    watch.spoke();
    vi.advanceTimersByTime(600);
    expect([quiet.mock.calls.length, loud.mock.calls.length]).toEqual([1, 0]);
  });

  it("has a timer only while there is a stream", () => {
    const keepAlive = new KeepAlive(1000);
    expect(vi.getTimerCount()).toBe(0);
    const watches = [keepAlive.watch(() => {}), keepAlive.watch(() => {})];
    expect(vi.getTimerCount()).toBe(1);
    for (const watch of watches) watch.stop();
    watches[0]?.stop();
    expect(vi.getTimerCount()).toBe(0);
  });
});
