import type { IncomingMessage, ServerResponse } from "node:http";
import { constants } from "node:http2";
import type { FastifyInstance } from "fastify";
import { type Deadline, Deadlines } from "../../core/deadlines.js";
import { Exchange } from "../../core/exchange.js";
import type { Gateway } from "../../core/gateway.js";
import { invalid, ParlanceError } from "../../sdk/index.js";
import { idHeaders } from "../answer-headers.js";
import { RequestCaller } from "../request-caller.js";
import { isHttp2, type RawRequest } from "../running.js";
import { completionMethods, type RpcMethod } from "./completion-methods.js";
import { contentTypes, findProtocol } from "./protocol/find-protocol.js";
import type { Head, Protocol } from "./protocol/protocol.js";
import { READ_ENCODINGS, RequestBody } from "./request-body.js";
import { RpcAnswer } from "./rpc-answer.js";
import { RpcFault } from "./rpc-fault.js";
import { StreamSink } from "./stream-sink.js";
import { UnarySink } from "./unary-sink.js";
import { readControls } from "../request-controls.js";

const DOOR = "rpc";
/** A client's deadline began before its call came: by so much, and so much of it, at most. */
const ON_ITS_WAY_MS = 500;
const MOST_ON_ITS_WAY = 0.25;
/** A typed answer has no room for a plan, and who asks for one must not pay for an answer. */
const EXPLAINED_ELSEWHERE =
  "The plan of a call is told by parlance.v1.RoutingService/ExplainRoute. Without x-parlance-explain this call is answered.";

/** What calls are served with. */
interface Serving {
  readonly gateway: Gateway;
  /** Largest message that is read. */
  readonly maxBytes: number;
  readonly deadlines: Deadlines;
}

/** Routes of `parlance.v1.CompletionService`: gRPC, gRPC-Web and Connect over HTTP/1.1 and HTTP/2. */
export function serveCompletions(scope: FastifyInstance, gateway: Gateway, maxBytes: number): void {
  const serving: Serving = { gateway, maxBytes, deadlines: new Deadlines() };
  // Each protocol reads its body itself.
  scope.removeAllContentTypeParsers();
  scope.addContentTypeParser("*", (_request, _body, done) => done(null, undefined));
  for (const method of completionMethods) {
    scope.all(method.path, (request, reply) => {
      reply.hijack();
      serve(serving, method, request.raw, reply.raw);
    });
  }
}

function serve(serving: Serving, method: RpcMethod, request: IncomingMessage, response: ServerResponse): void {
  if (request.method !== "POST") {
    turnAway(serving, method, request, response, 405, "An RPC is a POST.", { allow: "POST" });
    return;
  }
  const protocol = findProtocol(request.headers["content-type"] ?? "", method.streamed);
  if (protocol === undefined) {
    const types = method.streamed ? contentTypes.streamed : contentTypes.unary;
    turnAway(serving, method, request, response, 415, `The method is called as one of ${types}.`, {
      "accept-post": types,
    });
    return;
  }
  new RpcCall(serving, method, protocol, request, response).begin();
}

/** Answers what is in none of the protocols, in plain HTTP. */
function turnAway(
  { gateway }: Serving,
  method: RpcMethod,
  request: IncomingMessage,
  response: ServerResponse,
  status: number,
  message: string,
  headers: Head,
): void {
  const id = gateway.newId();
  const error = new ParlanceError("invalid_request", message);
  gateway.refused({ id, door: DOOR, method: request.method ?? "", path: method.path, error });
  response.writeHead(status, { ...idHeaders(id), ...headers, "content-length": 0 });
  response.end();
  request.resume();
}

/** One call, from its headers to its exchange. */
class RpcCall {
  readonly #serving: Serving;
  readonly #method: RpcMethod;
  readonly #protocol: Protocol;
  readonly #request: IncomingMessage;
  readonly #answer: RpcAnswer;
  #body: RequestBody | undefined;
  /** Milliseconds that the headers give the call, and when they came. */
  #timeoutMs: number | undefined;
  #cameAt = 0;
  #deadline: Deadline | undefined;

  constructor(
    serving: Serving,
    method: RpcMethod,
    protocol: Protocol,
    request: IncomingMessage,
    response: ServerResponse,
  ) {
    this.#serving = serving;
    this.#method = method;
    this.#protocol = protocol;
    this.#request = request;
    this.#answer = new RpcAnswer(response, protocol, method);
  }

  begin(): void {
    const { response } = this.#answer;
    response.once("close", () => this.#left());
    this.#request.on("data", (piece: Buffer) => this.#take(piece));
    this.#request.once("end", () => this.#read());
    this.#request.on("error", (error: Error) => this.#broken(error));
    try {
      this.#readHeaders();
    } catch (thrown) {
      this.#refuse(ParlanceError.from(thrown));
    }
  }

  #readHeaders(): void {
    const { headers } = this.#request;
    const { gateway, maxBytes, deadlines } = this.#serving;
    const protocol = this.#protocol;
    const encoding = headers[protocol.encodingHeader] as string | undefined;
    this.#body = new RequestBody(protocol, encoding, maxBytes);
    protocol.check?.(headers);
    const overload = gateway.overload(new RequestCaller(headers));
    if (overload !== undefined) throw overload;
    const timeoutMs = protocol.timeout(headers);
    if (timeoutMs === undefined) return;
    this.#timeoutMs = timeoutMs;
    this.#cameAt = gateway.clock.monotonic();
    this.#deadline = deadlines.after(timeoutMs, () => this.#refuse(late(timeoutMs)));
  }

  #take(piece: Buffer): void {
    // An answer may be out before its question is whole; the rest is read and dropped.
    if (this.#answer.over || this.#body === undefined) return;
    try {
      this.#body.push(piece);
    } catch (thrown) {
      this.#refuse(ParlanceError.from(thrown));
    }
  }

  #read(): void {
    if (this.#answer.over || wasReset(this.#request)) return;
    this.#body?.message((message, error) => {
      this.#body = undefined;
      if (this.#answer.over) return;
      if (message === undefined) {
        this.#refuse(ParlanceError.from(error));
        return;
      }
      try {
        this.#start(message);
      } catch (thrown) {
        this.#refuse(ParlanceError.from(thrown));
      }
    });
  }

  #start(message: Buffer): void {
    const { gateway } = this.#serving;
    const method = this.#method;
    const { ask, model, ...said } = method.read(this.#protocol.codec.decode(method.input, message));
    const controls = readControls(this.#request, said);
    if (controls.explains) throw invalid("x-parlance-explain", EXPLAINED_ELSEWHERE);
    const { strict, routing, timeoutMs, answerWithinMs, record, caller } = controls;
    this.#deadline?.cancel();
    const answer = this.#answer;
    const exchange = new Exchange({
      id: gateway.newId(),
      door: DOOR,
      ask,
      model,
      stream: method.streamed,
      strict,
      sink: method.streamed ? new StreamSink(answer) : new UnarySink(answer, method),
      clock: gateway.clock,
      routing,
      timeoutMs: shorter(timeoutMs, this.#timeLeft()),
      answerWithinMs,
      record,
      caller,
    });
    answer.begin(exchange, gateway.configVersion());
    void gateway.handle(exchange);
  }

  /** Milliseconds that the headers still give. Throws `deadline_exceeded`. */
  #timeLeft(): number | undefined {
    const timeoutMs = this.#timeoutMs;
    if (timeoutMs === undefined) return undefined;
    const left = Math.ceil(timeoutMs - (this.#serving.gateway.clock.monotonic() - this.#cameAt));
    if (left <= 0) throw late(timeoutMs);
    return left;
  }

  /** Answers a call that never became an exchange, and has it recorded. */
  #refuse(error: ParlanceError): void {
    if (this.#answer.over) return;
    this.#end();
    const { gateway } = this.#serving;
    const id = gateway.newId();
    gateway.refused({ id, door: DOOR, method: "POST", path: this.#method.path, error });
    const told: Head = { "x-parlance-config-version": gateway.configVersion() };
    if (error instanceof RpcFault && error.code === "unsupported") told[this.#protocol.acceptHeader] = READ_ENCODINGS;
    this.#answer.refuse(error, id, told);
  }

  #left(): void {
    this.#end();
    const { over, exchange } = this.#answer;
    if (over) return;
    this.#answer.abandon();
    exchange?.cancel(
      this.#isLate()
        ? new ParlanceError(
            "deadline_exceeded",
            `The client cancelled the call at its deadline (${this.#timeoutMs} ms).`,
          )
        : new ParlanceError("cancelled", "The client cancelled the call."),
    );
  }

  /** Whether the client's time is over: its own clock often ends the call before the gateway's does. */
  #isLate(): boolean {
    const timeoutMs = this.#timeoutMs;
    if (timeoutMs === undefined) return false;
    const seen = this.#serving.gateway.clock.monotonic() - this.#cameAt;
    return seen >= timeoutMs - Math.min(timeoutMs * MOST_ON_ITS_WAY, ON_ITS_WAY_MS);
  }

  #broken(error: Error): void {
    // The listener's limit of a body's time is over; every other error comes with the end of the connection.
    if ((error as { statusCode?: number }).statusCode === 408) {
      this.#refuse(
        new ParlanceError("deadline_exceeded", "The request body did not arrive in time (server.body_timeout)."),
      );
    }
  }

  #end(): void {
    this.#deadline?.cancel();
    this.#body = undefined;
  }
}

/** A client that leaves in the middle of its request ends the body as well, on HTTP/2; the close of it all follows. */
function wasReset(request: RawRequest): boolean {
  return isHttp2(request) && request.stream.rstCode !== constants.NGHTTP2_NO_ERROR;
}

function shorter(one: number | undefined, other: number | undefined): number | undefined {
  return one === undefined || other === undefined ? (one ?? other) : Math.min(one, other);
}

function late(timeoutMs: number): ParlanceError {
  return new ParlanceError("deadline_exceeded", `The request did not arrive within ${timeoutMs} ms.`);
}
