import { create } from "@bufbuild/protobuf";
import type { ServiceError } from "@grpc/grpc-js";
import { HealthCheckRequestSchema } from "../../gen/grpc/health/v1/health_pb.js";
import { HandshakeRequestSchema, type HandshakeResponse } from "../../gen/parlance/provider/v1/provider_service_pb.js";
import { ACCEPTED_API } from "../manifest.js";
import type { Carrier } from "./carrier.js";
import { CHECK, type Connection, METHODS } from "./connection.js";
import { openGrpc } from "./grpc-connection.js";
import { openMessages } from "./message-connection.js";
import { type Blamed, isLost, unavailable } from "./plugin-error.js";
import type { Supervision, TellLog } from "./placement.js";

/** Longest that a call waits for a plugin that is being started again; the first start is waited for to its end. */
const RESTART_WAIT_MS = 2000;
const FIRST_BACKOFF_MS = 200;
const LONGEST_BACKOFF_MS = 10_000;
/** The deadline of the handshake itself comes after that of the start, which says what it was. */
const LATER_MS = 1000;
/** How long the news of an end may come after that of a lost line. */
const END_WAIT_MS = 200;
const MEMORY_LOOK_MS = 250;
const FAILED_PRECONDITION = 9;

/** How a plugin out of the gateway's thread is doing. */
export interface RemoteState {
  /** `idle`: nobody needs it now. `starting`: for the first time. `degraded`: it crashed and is started again. */
  readonly state: "idle" | "starting" | "ready" | "degraded" | "failed";
  readonly reason?: string | undefined;
}

/** What is watched over. */
export interface SupervisorOptions extends Blamed {
  /** Starts it anew. Rejects with an `Error` when it never will. */
  readonly start: () => Promise<Carrier>;
  readonly supervision: Supervision;
  readonly maxMessageBytes: number;
  readonly log: TellLog;
  /** A text without the provider's credentials: what a plugin says of its end is its own words. */
  readonly hide: (text: string) => string;
  /** Told whenever its state may have become another. */
  readonly changed?: (() => void) | undefined;
  /** Whether somebody else runs it: then it is never given up, since nothing is started. */
  readonly foreign: boolean;
  /** Between 0 and 1, for the jitter of waits. Absent means at random. */
  readonly random?: () => number;
}

/** A plugin that answers. */
export interface Running {
  readonly carrier: Carrier;
  readonly connection: Connection;
  readonly handshake: HandshakeResponse;
  /** What its providers are called in its calls, by who asks. */
  readonly configured: Map<object, string | Promise<string>>;
}

/** A failure after which it is not started again. */
class Hopeless extends Error {}

/**
 * Keeps one plugin alive that does not run in the gateway's own thread: starts it for its first user, asks it whether it
 * lives, starts it again when it ends, hangs or takes too much memory, and ends it after its last user.
 *
 * The first crash of a window is followed by a start at once, the next ones by waits that double, and the last of the
 * budget by nothing until an operator reloads the plugin. Calls wait for a start that is under way, for two seconds at
 * most; they fail at once while nothing is under way, so that the next target of a plan gets its chance.
 */
export class Supervisor {
  readonly #options: SupervisorOptions;
  #users = 0;
  #running: Running | undefined;
  #starting: Promise<Running> | undefined;
  #carrier: Carrier | undefined;
  #restart: NodeJS.Timeout | undefined;
  #notBefore = 0;
  #crashes: number[] = [];
  #reason: string | undefined;
  #failed = false;
  #everReady = false;
  #checking: Running | undefined;
  /** While it is asked since a call was lost. */
  #suspected: Promise<void> | undefined;
  #stopWatch: () => void = () => {};

  constructor(options: SupervisorOptions) {
    this.#options = options;
  }

  /** What its last handshake told; undefined before the first. */
  handshake: HandshakeResponse | undefined;

  /** How it is doing. */
  state(): RemoteState {
    if (this.#running !== undefined) return { state: "ready" };
    const reason = this.#reason;
    if (this.#failed) return { state: "failed", reason };
    if (this.#users === 0) return { state: "idle", reason };
    return this.#everReady || reason !== undefined ? { state: "degraded", reason } : { state: "starting" };
  }

  /** Number of its process, for show. */
  get pid(): number | undefined {
    return this.#carrier?.pid;
  }

  /** Someone needs it. */
  use(): void {
    this.#users += 1;
  }

  /** Someone does not need it any more. Resolves once it has ended, where that was the last one. */
  async leave(): Promise<void> {
    this.#users -= 1;
    if (this.#users > 0) return;
    clearTimeout(this.#restart);
    this.#restart = undefined;
    // One that is about to start would outlive this.
    await this.#starting?.catch(() => {});
    if (this.#users > 0) return;
    this.#stopWatch();
    this.#running?.connection.close();
    this.#running = undefined;
    const carrier = this.#carrier;
    const { foreign, log } = this.#options;
    const record = this.#record("plugin stopped", {});
    this.#carrier = undefined;
    this.#options.changed?.();
    await carrier?.stop();
    if (carrier !== undefined && !foreign) log("info", { ...record, how: await carrier.ended });
  }

  /** The plugin, or a promise while it starts. Rejects with `provider_unavailable` that names it. */
  running(): Running | Promise<Running> {
    // What was just lost must not be lost once more, by every call until its end is known.
    if (this.#suspected !== undefined) return this.#suspected.then(() => this.running());
    if (this.#running !== undefined) return this.#running;
    if (this.#failed) return Promise.reject(this.#unavailable("It is given up until it is reloaded."));
    if (this.#starting === undefined) {
      const left = this.#notBefore - performance.now();
      if (left > 0) return Promise.reject(this.#unavailable(`It is started again in ${Math.ceil(left)} ms.`));
      void this.#start();
    }
    const starting = this.#starting as unknown as Promise<Running>;
    return this.#everReady ? this.#within(starting) : starting;
  }

  /** The plugin, where it answers now. */
  runningNow(): Running | undefined {
    return this.#running;
  }

  /** A call failed as calls do when the line is lost: it is asked at once whether it lives. */
  suspect(running: Running): void {
    if (this.#suspected !== undefined || this.#running !== running) return;
    this.#suspected = this.#check(running).finally(() => {
      this.#suspected = undefined;
    });
  }

  #within(starting: Promise<Running>): Promise<Running> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(this.#unavailable("It is being started again.")), RESTART_WAIT_MS);
      void starting.then(resolve, reject).finally(() => clearTimeout(timer));
    });
  }

  #unavailable(what: string): Error {
    return unavailable(this.#options, [this.#reason, what].filter(Boolean).join(" "));
  }

  #start(): Promise<Running> {
    const began = performance.now();
    const { log, supervision } = this.#options;
    clearTimeout(this.#restart);
    this.#restart = undefined;
    const starting = this.#launch().then(
      (running) => {
        this.#starting = undefined;
        this.#running = running;
        this.#everReady = true;
        this.#reason = undefined;
        this.handshake = running.handshake;
        log("info", this.#record("plugin started", { start_ms: Math.round(performance.now() - began) }));
        this.#options.changed?.();
        this.#watch(running, supervision);
        return running;
      },
      (error: Error) => {
        this.#starting = undefined;
        this.#crashed(error.message, error instanceof Hopeless);
        throw unavailable(this.#options, error.message, error);
      },
    );
    this.#starting = starting;
    // Those who wait for it get its failure; when nobody does, it is in the log.
    starting.catch(() => {});
    return starting;
  }

  async #launch(): Promise<Running> {
    const { start, supervision, maxMessageBytes } = this.#options;
    const deadline = performance.now() + supervision.startTimeoutMs;
    const carrier = await start().catch((error: Error) => {
      throw new Hopeless(error.message);
    });
    this.#carrier = carrier;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_resolve, reject) => {
      const limit = `${supervision.startTimeoutMs / 1000} seconds (supervision.start_timeout)`;
      timer = setTimeout(
        () => reject(new Error(`It could not be asked within ${limit}.`)),
        deadline - performance.now(),
      );
    });
    const gone = carrier.ended.then((how) => Promise.reject(new Error(how)));
    let connection: Connection | undefined;
    try {
      await Promise.race([carrier.listening, gone, late]);
      const { target } = carrier;
      connection = typeof target === "string" ? await openGrpc(target, carrier, maxMessageBytes) : openMessages(target);
      const handshake = await Promise.race([
        this.#shakeHands(connection, supervision.startTimeoutMs + LATER_MS),
        gone,
        late,
      ]);
      return { carrier, connection, handshake, configured: new Map() };
    } catch (error) {
      connection?.close();
      carrier.kill();
      this.#carrier = undefined;
      throw error;
    } finally {
      clearTimeout(timer);
      gone.catch(() => {});
      late.catch(() => {});
    }
  }

  async #shakeHands(connection: Connection, timeoutMs: number): Promise<HandshakeResponse> {
    const { min, max } = ACCEPTED_API;
    const accepted = min === max ? `${min}` : `${min} to ${max}`;
    const request = create(HandshakeRequestSchema, { minApi: min, maxApi: max });
    const answer = await connection
      .unary<HandshakeResponse>(METHODS.handshake, request, { timeoutMs, wait: !this.#options.foreign })
      .catch((error: ServiceError) => {
        if (error.code === FAILED_PRECONDITION) throw new Hopeless(`It refused the handshake: ${error.details}`);
        throw new Error(`It did not shake hands: ${error.details}.`);
      });
    const { api } = answer;
    if (api < min || api > max) {
      const what =
        api > max
          ? "Update the gateway, or use an older version of the plugin."
          : "Install a newer version of the plugin.";
      throw new Hopeless(`It speaks plugin api ${api}; this gateway accepts ${accepted}. ${what}`);
    }
    return answer;
  }

  #watch(running: Running, { healthIntervalMs, memoryLimitMb }: Supervision): void {
    const { carrier } = running;
    const health = setInterval(() => void this.#check(running), healthIntervalMs).unref();
    const memory = setInterval(() => {
      const used = (carrier.memory() ?? 0) / 1024 / 1024;
      if (used <= memoryLimitMb) return;
      const limit = `its limit of ${memoryLimitMb} MiB (supervision.memory_limit)`;
      this.#lost(running, `Its memory of ${Math.round(used)} MiB was above ${limit}.`);
    }, MEMORY_LOOK_MS).unref();
    void carrier.ended.then((how) => this.#lost(running, how));
    this.#stopWatch = () => {
      clearInterval(health);
      clearInterval(memory);
    };
  }

  async #check(running: Running): Promise<void> {
    if (this.#checking === running || this.#running !== running) return;
    this.#checking = running;
    const { healthIntervalMs } = this.#options.supervision;
    const asked = performance.now();
    let answered = false;
    let lost: string | undefined;
    const controller = new AbortController();
    const answer = running.connection
      .unary(CHECK, create(HealthCheckRequestSchema), { signal: controller.signal })
      .catch((error: ServiceError) => {
        // Any answer is one, also that it does not know the question.
        if (isLost(error)) lost = `It cannot be reached: ${error.details}.`;
      })
      .then(() => {
        answered = true;
      });
    await Promise.race([answer, afterAWhile(healthIntervalMs)]);
    controller.abort();
    this.#checking = undefined;
    // It is alive when something else came from it in the meantime.
    if (!answered && running.connection.heard() < asked) {
      lost = `It did not answer within ${healthIntervalMs} ms whether it lives (supervision.health_interval).`;
    }
    if (lost === undefined) return;
    // How it ended says more than that it cannot be reached.
    if (!this.#options.foreign) await Promise.race([running.carrier.ended, afterAWhile(END_WAIT_MS)]);
    this.#lost(running, lost);
  }

  #lost(running: Running, reason: string): void {
    if (this.#running !== running) return;
    this.#stopWatch();
    this.#running = undefined;
    running.carrier.kill();
    this.#carrier = undefined;
    this.#crashed(reason, false);
    // What still waits for an answer learns that there is none.
    running.connection.close();
  }

  #crashed(told: string, hopeless: boolean): void {
    const { supervision, log, hide, foreign, random = Math.random } = this.#options;
    const now = performance.now();
    const reason = hide(told);
    this.#reason = reason;
    this.#crashes = this.#crashes.filter((at) => now - at < supervision.crashWindowMs);
    this.#crashes.push(now);
    const crashes = this.#crashes.length;
    if (!foreign && (hopeless || crashes >= supervision.crashBudget)) {
      this.#failed = true;
      if (!hopeless) {
        const seconds = Math.round(supervision.crashWindowMs / 1000);
        this.#reason = `It crashed ${crashes} times within ${seconds} seconds (supervision.crash_budget). ${reason}`;
      }
      log("error", this.#record("plugin given up", { reason: this.#reason }));
      this.#options.changed?.();
      return;
    }
    const backoff = Math.min(LONGEST_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** (crashes - 2));
    const wait = crashes === 1 ? 0 : backoff * (0.75 + random() / 2);
    this.#notBefore = now + wait;
    log("warn", this.#record("plugin crashed", { reason, restart_in_ms: Math.round(wait) }));
    this.#options.changed?.();
    if (this.#users === 0) return;
    if (wait === 0) void this.#start();
    else this.#restart = setTimeout(() => void this.#start(), wait).unref();
  }

  #record(msg: string, more: Record<string, unknown>): Record<string, unknown> {
    const { plugin, provider } = this.#options;
    return { msg, plugin, provider, pid: this.#carrier?.pid, ...more };
  }
}

/** After so many milliseconds, and after what has come until then was read: a busy gateway must not blame its plugins. */
function afterAWhile(milliseconds: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(() => setImmediate(() => setImmediate(() => setImmediate(resolve))), milliseconds).unref();
  });
}
