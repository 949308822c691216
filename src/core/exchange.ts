import {
  type Attempt,
  type ChatDialect,
  type ChatFacade,
  type ChatRequest,
  type Cost,
  type EmbeddingDialect,
  type EmbeddingRequest,
  type Finish,
  create,
  Losses,
  type Members,
  MessageSchema,
  ParlanceError,
  PartSchema,
  type ReadonlyHeaders,
  Role,
  type RoutePlan,
  type RoutingHints,
  type Usage,
} from "../sdk/index.js";
import type { AnswerSink } from "./answer.js";
import type { Bagged } from "./bag.js";
import type { Clock } from "./clock.js";
import type { Deadline, Deadlines } from "./deadlines.js";
import type { PassRequest, Through } from "./pass-through.js";
import { totalCost } from "./pricing.js";
import type { RoutePolicy } from "./route-policy.js";
import type { Plan } from "./target.js";

/** What a client asks for. */
export type Operation = "complete" | "embed" | "count_tokens" | "pass_through";

/** The body of a request, with its top-level members. */
export interface RequestBody {
  readonly body: Buffer;
  readonly members: Members;
}

/** A request as a dialect's bytes, still undecoded. */
export interface WireRequest<D> extends RequestBody {
  readonly dialect: D;
  /** The caller's headers, as far as the dialect counts them as part of the request. Absent means none. */
  readonly headers?: ReadonlyHeaders | undefined;
  /**
   * Gives the body as it must be said to a target, where that is not as it came: a part of the request may lie in the
   * gateway. Throws a `ParlanceError` when it cannot be said to this one. Absent means as it came.
   */
  adapt?(to: Addressee): RequestBody | Promise<RequestBody>;
}

/** Whom a request is said to. */
export interface Addressee {
  /** Name of the provider in the configuration. */
  readonly provider: string;
  /** Whether it gets the caller's own words, or a translation of them. */
  readonly verbatim: boolean;
  readonly losses: Losses;
}

/** What is asked, by operation: in a client's dialect, in the vocabulary, or both once the former was decoded. */
export type Ask =
  | {
      readonly operation: "complete";
      readonly wire: WireRequest<ChatFacade> | undefined;
      chat: ChatRequest | undefined;
    }
  | {
      readonly operation: "count_tokens";
      readonly wire: WireRequest<ChatDialect> | undefined;
      chat: ChatRequest | undefined;
    }
  | {
      readonly operation: "embed";
      readonly wire: WireRequest<EmbeddingDialect> | undefined;
      embedding: EmbeddingRequest | undefined;
    }
  | { readonly operation: "pass_through"; readonly wire: undefined; readonly pass: PassRequest };

/** What a door knows of a request before anything is decided. */
export interface ExchangeInit {
  readonly id: string;
  /** The door it came through, such as `openai` or `rpc`: for records. */
  readonly door: string;
  readonly ask: Ask;
  /** The public model name. */
  readonly model: string;
  readonly stream: boolean;
  /** Turns the first loss into an error. */
  readonly strict: boolean;
  readonly sink: AnswerSink;
  readonly clock: Clock;
  /** What the caller wishes of routing, whatever the dialect. */
  readonly routing: RoutingHints | undefined;
  /** Milliseconds that the client gives the exchange, beside `routing.timeout`; undefined means no limit of its own. */
  readonly timeoutMs?: number | undefined;
  /** Milliseconds within which the client wants the first of its answer. Absent means no limit of its own. */
  readonly answerWithinMs?: number | undefined;
  /** Where the client wants the record of the attempts, beside the log. Absent means nowhere. */
  readonly record?: RecordPlace | undefined;
  /** Name of the provider that holds the conversation: its targets are asked first. */
  readonly heldBy?: string | undefined;
  /** Set where the request is for a vendor's API itself, never to be translated. */
  readonly through?: Through | undefined;
  /** Who asks, as far as routing goes by it. Absent means that nothing is known. */
  readonly caller?: Caller | undefined;
  /** Set where the caller wants to know where the request would go, and not its answer: given the plan, calls nobody. */
  readonly explain?: ((plan: RoutePlan) => void) | undefined;
}

/** Where an answer tells the record of its attempts. */
export type RecordPlace = "headers" | "body" | "both";

/** Who asks, as far as routing goes by it. Nothing of it is a secret. */
export interface Caller {
  /** Tells callers apart by their credential, without holding it; undefined where there is none. */
  readonly key: string | undefined;
  /** A header of the request, by lower-case name; undefined where there is none. */
  header(name: string): string | undefined;
}

/** Who is told that an exchange was cancelled. */
export interface CancelListener {
  cancelled(error: ParlanceError): void;
}

/** One client request and its answer, from door to door. Rooms read it and write what is theirs. */
export class Exchange implements Bagged {
  /** Its place among those that run. */
  place = -1;
  readonly id: string;
  readonly door: string;
  readonly ask: Ask;
  readonly model: string;
  readonly stream: boolean;
  readonly strict: boolean;
  /** Where its answer goes. What holds answers back, or goes on with one that was cut, stands before the door's own. */
  sink: AnswerSink;
  readonly clock: Clock;
  readonly routing: RoutingHints | undefined;
  /** Milliseconds that the exchange may take, as the client has it. */
  readonly timeoutMs: number | undefined;
  readonly answerWithinMs: number | undefined;
  readonly record: RecordPlace | undefined;
  readonly heldBy: string | undefined;
  readonly through: Through | undefined;
  readonly caller: Caller | undefined;
  readonly explain: ((plan: RoutePlan) => void) | undefined;
  /** Monotonic milliseconds at which it began. */
  readonly startedAt: number;
  /** Monotonic milliseconds at which the first content went to the client; undefined until then. */
  committedAt: number | undefined;
  /** What the running attempt loses; made anew for each. */
  losses: Losses;
  /** Every attempt so far, the running one last. */
  readonly attempts: Attempt[] = [];
  /** What the provider of the running attempt tells the caller in headers; only in the verbatim lane. */
  providerHeaders: Readonly<Record<string, string>> | undefined;
  /** Set once a provider could not read what is sealed in the conversation: from then on seals are left out. */
  withoutSeals = false;
  /** Written by routing. */
  plan: Plan | undefined;
  /** Written by routing, with the plan; undefined means the defaults. */
  policy: RoutePolicy | undefined;
  /** Written by routing where `explain` is set. */
  explanation: RoutePlan | undefined;
  /** Written by the attempt that answers. */
  usage: Usage | undefined;
  finish: Finish | undefined;
  cost: Cost | undefined;
  /** Written when the exchange failed. */
  error: ParlanceError | undefined;
  /** Whether it has a slot among the exchanges that the gateway runs at once. */
  hasSlot = false;

  #wire: Ask["wire"];
  #begun: string | undefined;
  #cancelled: ParlanceError | undefined;
  #onCancel: CancelListener | undefined;
  #deadline: Deadline | undefined;
  /** Monotonic milliseconds from which on its time counts. */
  #deadlineFrom: number | undefined;
  /** Monotonic milliseconds. */
  #endsAt = Number.POSITIVE_INFINITY;
  #beginsBy = Number.POSITIVE_INFINITY;

  constructor(init: ExchangeInit) {
    this.id = init.id;
    this.door = init.door;
    this.ask = init.ask;
    this.model = init.model;
    this.stream = init.stream;
    this.sink = init.sink;
    this.clock = init.clock;
    this.routing = init.routing;
    this.timeoutMs = shorter(init.timeoutMs, init.routing);
    this.answerWithinMs = init.answerWithinMs;
    this.record = init.record;
    this.heldBy = init.heldBy;
    this.#wire = init.ask.wire;
    this.through = init.through;
    this.caller = init.caller;
    this.explain = init.explain;
    this.startedAt = init.clock.monotonic();
    this.strict = init.strict;
    this.losses = new Losses(init.strict);
  }

  /** The request in the client's dialect as the running attempt says it; undefined where it came in the vocabulary. */
  get wire(): Ask["wire"] {
    return this.#begun === undefined ? this.#wire : undefined;
  }

  /** Whether the answer has begun already, and the target is to go on with it: no body of the caller's own says that. */
  get begun(): boolean {
    return this.#begun !== undefined;
  }

  /** Has the targets from now on go on with an answer of which the client has this text. */
  goOnFrom(text: string): void {
    this.#begun = text;
  }

  /** Has the door adapt a chat request to the target of the running attempt. */
  adaptTo(to: Addressee): void | Promise<void> {
    const { ask } = this;
    if (ask.operation === "embed" || ask.operation === "pass_through" || ask.wire?.adapt === undefined) return;
    const take = ({ body, members }: RequestBody): void => {
      if (body !== this.#wire?.body) ask.chat = undefined;
      this.#wire = { ...ask.wire, body, members } as Ask["wire"];
    };
    const adapted = ask.wire.adapt(to);
    return adapted instanceof Promise ? adapted.then(take) : take(adapted);
  }

  /** The chat request in the vocabulary; decodes on first use. Throws `invalid_request`. */
  chat(): ChatRequest {
    const { ask } = this;
    if (ask.operation === "embed" || ask.operation === "pass_through") throw new Error(`no chat in ${ask.operation}`);
    const wire = this.#wire as typeof ask.wire;
    ask.chat ??= wire?.dialect.decodeRequest(wire.body.toString("utf8"));
    if (ask.chat === undefined) throw new Error("a chat request came as nothing");
    // Some wires name the model in the path alone.
    if (ask.chat.model === "") ask.chat.model = this.model;
    return this.#begun === undefined ? ask.chat : withAnswerBegun(ask.chat, this.#begun);
  }

  /** The embedding request in the vocabulary; decodes on first use. Throws `invalid_request`. */
  embedding(): EmbeddingRequest {
    const { ask } = this;
    if (ask.operation !== "embed") throw new Error(`no inputs to embed in ${ask.operation}`);
    ask.embedding ??= ask.wire?.dialect.decodeRequest(ask.wire.body.toString("utf8"));
    if (ask.embedding === undefined) throw new Error("an embedding request came as nothing");
    return ask.embedding;
  }

  /** Whether another target can still be asked: not once bytes of the request went up that nobody holds. */
  get repeatable(): boolean {
    return this.ask.operation !== "pass_through" || this.ask.pass.body?.spent !== true;
  }

  /** The one signal: set once the client left, the deadline passed or the gateway stops. */
  get cancelled(): ParlanceError | undefined {
    return this.#cancelled;
  }

  /** Ends the exchange from outside. The first cause counts. */
  cancel(error: ParlanceError): void {
    if (this.#cancelled !== undefined) return;
    this.#cancelled = error;
    this.#onCancel?.cancelled(error);
  }

  /** Whom to tell of a cancellation; one at a time, the running attempt. Told at once if it has come already. */
  whenCancelled(listener: CancelListener | undefined): void {
    this.#onCancel = listener;
    if (listener !== undefined && this.#cancelled !== undefined) listener.cancelled(this.#cancelled);
  }

  /**
   * A further exchange over the same ask, with attempts, losses and an adaptation of its own, whose answer goes to `sink`.
   * No stage sees it. It has no deadline, and does not hear of a cancellation of this one: who makes it passes that on.
   */
  branch(sink: AnswerSink): Exchange {
    const branch = new Exchange({ ...this, ask: this.#askForBranch(), sink, explain: undefined });
    branch.plan = this.plan;
    branch.policy = this.policy;
    branch.withoutSeals = this.withoutSeals;
    branch.#endsAt = this.#endsAt;
    branch.#begun = this.#begun;
    return branch;
  }

  /** Takes over what a branch that answers in its place has told so far; its attempts are the last ones from now on. */
  adopt(branch: Exchange): void {
    this.losses = branch.losses;
    this.providerHeaders = branch.providerHeaders;
    this.withoutSeals = branch.withoutSeals;
    this.committedAt = branch.committedAt;
    this.usage = branch.usage;
    this.finish = branch.finish;
    const others = this.attempts.filter((attempt) => !branch.attempts.includes(attempt));
    this.attempts.splice(0, this.attempts.length, ...others, ...branch.attempts);
    this.cost = totalCost(this.attempts);
  }

  /** What is asked, decoded once for all, unless each target has it adapted. */
  #askForBranch(): Ask {
    const { ask } = this;
    if (ask.operation === "embed" || ask.operation === "pass_through" || ask.wire?.adapt === undefined) return ask;
    return { ...ask, chat: this.#wire?.body === ask.wire.body ? ask.chat : undefined };
  }

  /** Milliseconds until its next deadline, that of its answer's beginning or of its end; infinite before that is set. */
  get leftMs(): number {
    const endsAt = this.committedAt === undefined ? Math.min(this.#beginsBy, this.#endsAt) : this.#endsAt;
    return endsAt - this.clock.monotonic();
  }

  /**
   * Cancels the exchange once its time is over: the client's limit, the model's or the server's, whichever is shortest. Who
   * starts it again, with what is known by then, gives it no more time.
   */
  startDeadline(deadlines: Deadlines, serverLimitMs: number): void {
    const ofModel = this.policy?.timeoutMs ?? serverLimitMs;
    const ms = Math.min(this.timeoutMs ?? serverLimitMs, ofModel, serverLimitMs);
    const first = this.answerWithinMs;
    const now = this.clock.monotonic();
    const from = (this.#deadlineFrom ??= now);
    const passed = now - from;
    this.#deadline?.cancel();
    this.#endsAt = from + ms;
    if (first !== undefined) this.#beginsBy = from + first;
    const whose =
      ms === this.timeoutMs
        ? "the client's limit"
        : ms === serverLimitMs
          ? "server.request_timeout"
          : "the model's timeout";
    if (first === undefined || first >= ms) {
      this.#deadline = deadlines.after(ms - passed, () => this.#late(ms, whose));
      return;
    }
    this.#deadline = deadlines.after(first - passed, () => {
      if (this.committedAt === undefined) this.#late(first, "the client's limit");
      else this.#deadline = deadlines.after(from + ms - this.clock.monotonic(), () => this.#late(ms, whose));
    });
  }

  /** Called once, when everything has ended. */
  stopDeadline(): void {
    this.#deadline?.cancel();
    this.#onCancel = undefined;
  }

  #late(ms: number, whose: string): void {
    this.cancel(new ParlanceError("deadline_exceeded", `The request was not answered within ${ms} ms (${whose}).`));
  }
}

function withAnswerBegun(chat: ChatRequest, text: string): ChatRequest {
  const parts = [create(PartSchema, { kind: { case: "text", value: { text } } })];
  return { ...chat, messages: [...chat.messages, create(MessageSchema, { role: Role.ASSISTANT, parts })] };
}

function shorter(limit: number | undefined, routing: RoutingHints | undefined): number | undefined {
  if (routing?.timeout === undefined) return limit;
  const wished = Number(routing.timeout.seconds) * 1000 + routing.timeout.nanos / 1_000_000;
  return limit === undefined ? wished : Math.min(limit, wished);
}
