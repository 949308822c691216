import { describe, expect, it } from "vitest";
import type { MemoryMeter } from "./memory-meter.js";
import { LOOK_MS, type Overload, OverloadWatch } from "./overload-watch.js";

const MB = 1024 * 1024;

function world(maxMemoryBytes?: number) {
  let now = 0;
  const memory = { live: 100 * MB, garbage: 0, heap: 0, collections: 0, collectMs: 5 };
  const meter: MemoryMeter = {
    mostBytes: 1000 * MB,
    mostHeapBytes: 500 * MB,
    use: () => ({ bytes: memory.live + memory.garbage, heapBytes: memory.heap }),
    collect() {
      memory.garbage = 0;
      memory.collections += 1;
      now += memory.collectMs;
    },
  };
  const told: (Overload["cause"] | "over")[] = [];
  const watch = new OverloadWatch(
    { monotonic: () => now, wall: () => now },
    meter,
    { maxMemoryBytes, maxDelayMs: 500 },
    (overload) => told.push(overload?.cause ?? "over"),
  );
  /** Looks so many times, each so late. */
  const look = (times: number, lateMs = 0): void => {
    for (let i = 0; i < times; i += 1) {
      now += LOOK_MS + lateMs;
      watch.look();
    }
  };
  return { watch, look, memory, told };
}

describe("the watch over memory", () => {
  it("refuses from 90 % of what the process may have, until it is clearly less, and tells each once", () => {
    const { watch, look, memory, told } = world();
    memory.live = 899 * MB;
    look(5);
    expect(watch.overload).toBeUndefined();
    memory.live = 901 * MB;
    look(5);
    expect(watch.overload).toMatchObject({ cause: "memory", reason: expect.stringContaining("900 MiB") });
    memory.live = 815 * MB;
    look(5);
    expect(watch.overload?.cause).toBe("memory");
    memory.live = 805 * MB;
    look(1);
    expect(watch.overload).toBeUndefined();
    expect(told).toEqual(["memory", "over"]);
  });

  it("refuses from what is configured, and when the heap has nearly all that it may have", () => {
    const { watch, look, memory } = world(200 * MB);
    memory.live = 201 * MB;
    look(1);
    expect(watch.overload?.cause).toBe("memory");
    memory.live = 100 * MB;
    look(20);
    expect(watch.overload).toBeUndefined();
    memory.heap = 451 * MB;
    look(1);
    expect(watch.overload?.cause).toBe("memory");
    watch.configure({ maxMemoryBytes: undefined, maxDelayMs: 500 });
    memory.heap = 0;
    look(20);
    expect(watch.overload).toBeUndefined();
  });

  it("does not refuse for garbage: it is collected first, and while it is refused, so that it ends", () => {
    const { watch, look, memory, told } = world(200 * MB);
    memory.garbage = 150 * MB;
    look(1);
    expect([watch.overload, memory.collections]).toEqual([undefined, 1]);
    memory.live = 300 * MB;
    look(20);
    expect(watch.overload?.cause).toBe("memory");
    // What ended has become garbage, and nothing new comes that would have it collected.
    memory.live = 100 * MB;
    memory.garbage = 200 * MB;
    look(20);
    expect(watch.overload).toBeUndefined();
    expect(told).toEqual(["memory", "over"]);
  });

  it("spends no more than a twentieth of the time on collecting", () => {
    const { look, memory } = world(200 * MB);
    memory.live = 300 * MB;
    memory.collectMs = 500;
    look(200);
    expect(memory.collections).toBeGreaterThanOrEqual(2);
    expect(memory.collections).toBeLessThanOrEqual(3);
  });
});

describe("the watch over the event loop", () => {
  it("refuses when it stays late, and not for one long pause", () => {
    const { watch, look, told } = world();
    look(5);
    look(1, 5000);
    look(5);
    look(2, 600);
    look(5);
    expect(told).toEqual([]);
    look(3, 600);
    expect(watch.overload).toMatchObject({ cause: "delay", reason: expect.stringContaining("500 ms") });
  });

  it("takes on again once it was on time for a while, and does not come and go", () => {
    const { watch, look, told } = world();
    look(3, 600);
    for (let i = 0; i < 20; i += 1) {
      look(9);
      look(1, 300);
    }
    expect(watch.overload?.cause).toBe("delay");
    look(10);
    expect(watch.overload).toBeUndefined();
    expect(told).toEqual(["delay", "over"]);
  });
});
