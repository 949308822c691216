import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { noLimit } from "../../test/support/no-limit.js";
import { Deadlines } from "../core/deadlines.js";
import type { Exchange } from "../core/exchange.js";
import { ParlanceError } from "../sdk/index.js";
import { createMemoryStore } from "../store/memory-store.js";
import type { Store } from "../store/store.js";
import { LOOK_EVERY_MS, shareHints } from "./breaker-hints.js";
import type { Leave } from "./leave.js";
import { createTargetStates } from "./target-states.js";

const BREAKER = {
  failures: 3,
  openMs: 600_000,
  windowMs: 60_000,
  failurePercent: 50,
  minAttempts: 4,
  slowMs: undefined,
  slowPercent: 80,
  permits: 1,
  ejectionMs: 30_000,
  panicPercent: 50,
};

beforeEach(() => void vi.useFakeTimers({ now: 1_800_000_000_000 }));
afterEach(() => void vi.useRealTimers());

const clock = { monotonic: () => Date.now() - 1_700_000_000_000, wall: () => Date.now() };

function replica(name: string, store: Store, place = "here") {
  const settings = { names: new Set(["a/m", "b/m"]), of: () => ({ breaker: BREAKER, slots: noLimit, place }) };
  const states = createTargetStates(clock, new Deadlines(), settings);
  states.configure(settings);
  const stop = shareHints({ states, store, clock, replica: name });
  const ask = (target: string) => states.admit(target, { plan: undefined } as Exchange, false);
  const call = (target: string, failed = false): void => {
    const error = failed ? new ParlanceError("provider_error", "no") : undefined;
    (ask(target) as Leave).settle({ error, ttftMs: 1, durationMs: 1, outputTokens: undefined });
  };
  return { states, stop, ask, call, view: (target: string) => states.view(target).unavailable() };
}

const turns = (count = 1): Promise<unknown> => vi.advanceTimersByTimeAsync(LOOK_EVERY_MS * count);

describe("replicas that share a store", () => {
  it("open what another has opened, hard as there and until the same time, and say so", async () => {
    const store = createMemoryStore(1_000_000, Date.now);
    const [one, two] = [replica("one", store), replica("two", store)];
    for (let i = 0; i < 3; i += 1) one.call("a/m", true);
    two.call("a/m");
    await turns();
    two.call("b/m");
    if (two.view("a/m") === undefined) two.call("a/m");
    await turns();
    const refusal = two.view("a/m");
    expect(refusal).toEqual({
      reason:
        "its breaker is open for another 9m58s as another replica has it, after 3 failures in a row, the last one provider_error",
      retryAfterMs: 598_000,
      ejected: false,
    });
    expect(two.view("b/m")).toBeUndefined();
    // And at its end it is tried there as anywhere.
    await turns(598);
    two.call("a/m");
    expect(two.states.find("a/m")?.breaker.opening).toBeUndefined();
  });

  it("eject what another has ejected, so that panic may overrule it there too", async () => {
    const store = createMemoryStore(1_000_000, Date.now);
    const [one, two] = [replica("one", store), replica("two", store)];
    for (const failed of [false, true, false, true]) one.call("a/m", failed);
    two.call("a/m");
    await turns(2);
    expect(two.view("a/m")).toMatchObject({ ejected: true });
  });

  it("close what another has closed again", async () => {
    const store = createMemoryStore(1_000_000, Date.now);
    const [one, two] = [replica("one", store), replica("two", store)];
    one.states.find("a/m")?.trip(60_000);
    two.call("a/m");
    await turns(2);
    expect(two.ask("a/m")).toMatchObject({ kind: "refusal" });
    one.states.find("a/m")?.reset();
    await turns(2);
    two.call("a/m");
  });

  it("do not take back by a hint what they have found out meanwhile", async () => {
    const store = createMemoryStore(1_000_000, Date.now);
    const [one, two] = [replica("one", store), replica("two", store)];
    for (let i = 0; i < 3; i += 1) one.call("a/m", true);
    two.call("a/m");
    await turns(2);
    two.states.find("a/m")?.seemsBack();
    two.call("a/m");
    expect(two.view("a/m")).toBeUndefined();
    for (let i = 0; i < 5; i += 1) {
      await turns();
      two.call("a/m");
    }
    expect(one.view("a/m"), "what the other has seen with its own eyes stays").toBeDefined();
  });

  it("do not read of targets that nobody asks for, and write nothing but what changes", async () => {
    const store = createMemoryStore(1_000_000, Date.now);
    const get = vi.spyOn(store, "get");
    const put = vi.spyOn(store, "put");
    const one = replica("one", store);
    await turns(10);
    expect(get).not.toHaveBeenCalled();
    for (let i = 0; i < 50; i += 1) one.call("a/m");
    await turns(10);
    expect(get).toHaveBeenCalledTimes(1);
    expect(put).not.toHaveBeenCalled();
  });

  it("with a target of the same name elsewhere, are strangers to one another", async () => {
    const store = createMemoryStore(1_000_000, Date.now);
    const [one, two] = [replica("one", store, "here"), replica("two", store, "there")];
    for (let i = 0; i < 3; i += 1) one.call("a/m", true);
    two.call("a/m");
    await turns(2);
    two.call("a/m");
    await turns(2);
    expect(two.view("a/m")).toBeUndefined();
  });

  it.each([
    "",
    "{",
    "[]",
    "null",
    '{"replica":1}',
    '{"replica":"x","place":"here","hard":true,"until":"soon","why":""}',
  ])("take no notice of what is no hint: %s", async (text) => {
    const store = createMemoryStore(1_000_000, Date.now);
    await store.put({ tenant: "", kind: "breaker", id: "a/m" }, Buffer.from(text), Date.now() + 60_000);
    const two = replica("two", store);
    two.call("a/m");
    await turns(2);
    two.call("a/m");
  });
});

describe("a store that is lost", () => {
  const lost: Store = {
    put: async () => Promise.reject(new Error("gone")),
    get: async () => Promise.reject(new Error("gone")),
    delete: async () => Promise.reject(new Error("gone")),
    close: async () => {},
  };

  it("changes nothing: breakers open and close as if there were none", async () => {
    const one = replica("one", lost);
    for (let i = 0; i < 3; i += 1) one.call("a/m", true);
    await turns(3);
    expect(one.view("a/m")).toBeDefined();
    await turns(600);
    one.call("a/m");
    await turns(3);
    expect(one.view("a/m")).toBeUndefined();
  });

  it("is told what it missed once it is back", async () => {
    const store = createMemoryStore(1_000_000, Date.now);
    let isLost = false;
    const flaps: Store = {
      ...store,
      put: async (...put) => (isLost ? lost.put(...put) : store.put(...put)),
      delete: async (key) => (isLost ? lost.delete(key) : store.delete(key)),
    };
    const [one, two] = [replica("one", flaps), replica("two", store)];
    const hint = () => store.get({ tenant: "", kind: "breaker", id: "a/m" });
    isLost = true;
    for (let i = 0; i < 3; i += 1) one.call("a/m", true);
    await turns(5);
    expect(await hint()).toBeUndefined();
    isLost = false;
    await turns(2);
    expect(await hint()).toBeDefined();
    isLost = true;
    one.states.find("a/m")?.reset();
    await turns(5);
    expect(await hint()).toBeDefined();
    isLost = false;
    await turns(2);
    expect(await hint()).toBeUndefined();
    two.call("a/m");
  });

  it("that hangs is not asked again before it has answered", async () => {
    const hangs = vi.fn(() => new Promise<undefined>(() => {}));
    const one = replica("one", { ...lost, get: hangs });
    for (let i = 0; i < 20; i += 1) {
      one.call("a/m");
      await turns();
    }
    expect(hangs).toHaveBeenCalledTimes(1);
    one.stop();
  });
});
