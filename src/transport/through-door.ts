import type { FastifyInstance, FastifyReply, FastifyRequest, HTTPMethods, RouteHandlerMethod } from "fastify";
import { Exchange } from "../core/exchange.js";
import type { Gateway } from "../core/gateway.js";
import type { Through } from "../core/pass-through.js";
import { type ErrorDialect, type JsonObject, ParlanceError, type Usage } from "../sdk/index.js";
import { cancelWhenClientLeaves } from "./client-leaves.js";
import { ExplainSink } from "./explain-sink.js";
import { prepareScope } from "./prepare-scope.js";
import { refuse } from "./refuse.js";
import { refuseOverload } from "./refuse-overload.js";
import { readControls } from "./request-controls.js";
import { readThroughBody } from "./through-body.js";
import { passingHeaders } from "./through-headers.js";
import { modelInPath, patternOf, vendorPath } from "./through-path.js";
import { ThroughSink } from "./through-sink.js";

/** Names the provider that a request is for. */
const PROVIDER_HEADER = "x-parlance-provider";
const METHODS: HTTPMethods[] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"];

/** A vendor's API as its door knows it: only what is needed to pass it on. */
export interface VendorApi {
  /** Its name, as providers declare it, which also begins the door's paths. */
  readonly api: string;
  /** Name of the door in records. */
  readonly door: string;
  readonly dialect: ErrorDialect;
  /** Steps of its paths that are not ids. */
  readonly words: ReadonlySet<string>;
  /** Whether a form at this path names a model. */
  formHasModel(path: string): boolean;
  /** Usage of an answer to a request that names a model. Absent: nothing is metered. */
  readonly readUsage?: (usage: JsonObject) => Usage | undefined;
}

/** Makes what an exchange knows of its way through a door. */
export type ThroughOf = (request: FastifyRequest) => Through;

/** Handlers of the vendor's operations that a dialect of the house reads: by path, for POST. */
export type Modelled = (through: ThroughOf) => Readonly<Record<string, RouteHandlerMethod>>;

/**
 * A door that passes a vendor's API on under `/<api>/`: its modelled operations in the verbatim lane, and everything
 * else as it comes. Nothing is ever translated.
 */
export function throughDoor(gateway: Gateway, vendor: VendorApi, maxBodyBytes: number, modelled: Modelled) {
  const prefix = `/${vendor.api}`;
  const throughOf: ThroughOf = ({ raw, method }) => {
    const { path, query } = vendorPath(raw.url ?? "", prefix);
    const provider = raw.headers[PROVIDER_HEADER];
    return {
      api: vendor.api,
      method,
      pattern: patternOf(path, vendor.words),
      query,
      headers: passingHeaders(raw.headers),
      provider: typeof provider === "string" && provider !== "" ? provider : undefined,
    };
  };
  return async (scope: FastifyInstance): Promise<void> => {
    await scope.register(
      async (inner) => {
        prepareScope(inner, gateway, vendor.door, vendor.dialect);
        refuseOverload(inner, gateway);
        const handlers = modelled(throughOf);
        for (const path in handlers) inner.post(path, handlers[path] as RouteHandlerMethod);
      },
      { prefix },
    );
    await scope.register(
      async (inner) => {
        inner.removeAllContentTypeParsers();
        // Bodies stay on the connection until somebody wants them.
        inner.addContentTypeParser("*", (_request, _payload, done) => done(null));
        inner.setErrorHandler(refuse(gateway, vendor.door, vendor.dialect));
        refuseOverload(inner, gateway);
        inner.setNotFoundHandler({ preHandler: tellMethod }, tellMethod);
        const pass = passThrough(gateway, vendor, maxBodyBytes, prefix, throughOf);
        inner.route({ method: METHODS, url: "/*", handler: pass });
      },
      { prefix },
    );
  };
}

async function tellMethod({ method, url }: FastifyRequest): Promise<never> {
  const path = url.split("?", 1)[0];
  if ((METHODS as string[]).includes(method)) {
    throw new ParlanceError("not_found", `There is nothing at ${method} ${path}.`);
  }
  throw new ParlanceError(
    "unsupported",
    `${method} ${path} is not passed on. Methods that are: ${METHODS.join(", ")}.`,
    {
      field: "method",
    },
  );
}

function passThrough(gateway: Gateway, vendor: VendorApi, maxBodyBytes: number, prefix: string, throughOf: ThroughOf) {
  return async (request: FastifyRequest, reply: FastifyReply): Promise<void> => {
    const { path } = vendorPath(request.raw.url ?? "", prefix);
    const through = throughOf(request);
    const controls = readControls(request.raw, { strict: false, routing: undefined }, PROVIDER_HEADER);
    const read = await readThroughBody(request.raw, maxBodyBytes, vendor.formHasModel(path));
    const named = modelInPath(path);
    // A name that is nobody's here may be the vendor's own, as its list of models tells them.
    const known = named !== undefined && gateway.models().find(named) !== undefined;
    const model = known ? named : read.model;
    reply.hijack();
    const { raw } = reply;
    const id = gateway.newId();
    const version = gateway.configVersion();
    const explaining = controls.explains
      ? new ExplainSink(raw, vendor.dialect, controls.caller, id, version)
      : undefined;
    const sink = explaining ?? new ThroughSink(raw, vendor.dialect, () => exchange, version);
    const exchange: Exchange = new Exchange({
      id,
      door: vendor.door,
      ask: {
        operation: "pass_through",
        wire: undefined,
        pass: {
          dialect: vendor.dialect,
          path: known ? "/v1/models/{model}" : path,
          modelInPath: known,
          body: read.body,
          // What is read again, or called off, tells the usage of what was asked before.
          readUsage: read.model === "" ? undefined : vendor.readUsage,
        },
      },
      model,
      stream: false,
      strict: false,
      routing: controls.routing,
      timeoutMs: controls.timeoutMs,
      answerWithinMs: controls.answerWithinMs,
      record: controls.record,
      caller: controls.caller,
      sink,
      explain: explaining?.explain,
      clock: gateway.clock,
      through,
    });
    cancelWhenClientLeaves(raw, exchange, controls.patienceMs);
    const ended = gateway.handle(exchange);
    read.body?.passUntil(ended);
  };
}
