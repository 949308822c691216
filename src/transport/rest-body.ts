import {
  cutMember,
  invalid,
  isObject,
  JsonSyntaxError,
  type JsonObject,
  type JsonValue,
  type Members,
  ParlanceError,
  readMember,
  type RoutingHints,
  skim,
  splice,
} from "../sdk/index.js";
import { readRoutingHints } from "./routing-hints.js";

/** The gateway's own member, at the top and where an earlier answer put it. */
const OWN = "parlance";
/** What the caller wishes of routing: for the gateway alone, in every dialect. */
const ROUTING = "routing";

/** Longest name of a model, in characters: it is quoted in errors and in the log. */
const MAX_MODEL = 1000;

/** A JSON body as far as a door must know it before the dialect does. */
export interface RestBody {
  readonly bytes: Buffer;
  readonly members: Members;
  readonly model: string;
  readonly stream: boolean;
  /** The gateway's own member `parlance` asks for it. */
  readonly strict: boolean;
  /** The member `routing`, or the one of that name in `parlance`; `bytes` holds neither. */
  readonly routing: RoutingHints | undefined;
}

/** What a request's path says, on a wire that has it there and not in the body. */
export interface Addressed {
  readonly model: string;
  readonly stream: boolean;
}

/**
 * Reads what routing needs of a body, without parsing the rest. `addressed`: what the path has said already, so that the
 * body is not asked. Throws `invalid_request` that names the field.
 */
export function readRestBody(body: unknown, addressed?: Addressed): RestBody {
  if (!Buffer.isBuffer(body) || body.length === 0) {
    throw new ParlanceError("invalid_request", "The request has no body. Send a JSON object.");
  }
  const { bytes, members, strict, routing } = takeOwn(body);
  if (addressed !== undefined) return { ...addressed, bytes, members, strict, routing };
  const model = readMember(bytes, members, "model");
  if (typeof model !== "string" || model === "") {
    throw new ParlanceError("invalid_request", "model is required: the name of a model, as a string.", {
      field: "model",
    });
  }
  if (members.repeated?.has("model")) {
    throw new ParlanceError("invalid_request", "model is given more than once.", { field: "model" });
  }
  if (model.length > MAX_MODEL) {
    throw new ParlanceError("invalid_request", `model is longer than ${MAX_MODEL} characters.`, { field: "model" });
  }
  const stream = readMember(bytes, members, "stream");
  if (stream !== undefined && stream !== null && typeof stream !== "boolean") {
    throw new ParlanceError("invalid_request", "stream must be true or false.", { field: "stream" });
  }
  return { bytes, members, model, stream: stream === true, strict, routing };
}

function skimBody(body: Buffer): Members {
  try {
    return skim(body, OWN);
  } catch (thrown) {
    if (!(thrown instanceof JsonSyntaxError)) throw thrown;
    throw new ParlanceError("invalid_request", `The body is not a JSON object: ${thrown.message}.`);
  }
}

/** What the body says to the gateway itself. A body that says nothing of routing is not touched. */
function takeOwn(body: Buffer): Pick<RestBody, "bytes" | "members" | "strict" | "routing"> {
  const members = skimBody(body);
  const own = readOwn(body, members);
  const strict = own?.strict;
  if (strict !== undefined && typeof strict !== "boolean") {
    throw new ParlanceError("invalid_request", "parlance.strict must be true or false.", { field: "parlance.strict" });
  }
  const said = { bytes: body, members, strict: strict === true, routing: undefined };
  if (!members.byName.has(ROUTING) && own?.[ROUTING] === undefined) return said;
  const outer = readJson(body, members, ROUTING) ?? undefined;
  const inner = own?.[ROUTING] ?? undefined;
  if (outer !== undefined && inner !== undefined) {
    throw invalid("parlance.routing", "routing stands in the body and in its member parlance. Give it once.");
  }
  const bytes = withoutRouting(body, members, own);
  const wished = outer ?? inner;
  return {
    ...said,
    bytes,
    members: skimBody(bytes),
    routing:
      wished === undefined ? undefined : readRoutingHints(wished, outer === undefined ? "parlance.routing" : ROUTING),
  };
}

function withoutRouting(body: Buffer, members: Members, own: JsonObject | undefined): Buffer {
  const member = members.byName.get(OWN);
  if (own?.[ROUTING] === undefined || member === undefined) return cutMember(body, members, ROUTING);
  const { [ROUTING]: _, ...others } = own;
  const bytes = splice(body, [{ ...member, text: JSON.stringify(others) }]);
  return members.byName.has(ROUTING) ? cutMember(bytes, skimBody(bytes), ROUTING) : bytes;
}

function readOwn(body: Buffer, members: Members): JsonObject | undefined {
  if (!members.byName.has(OWN)) return undefined;
  const own = readJson(body, members, OWN);
  if (!isObject(own)) throw invalid(OWN, "parlance must be an object.");
  return own;
}

function readJson(body: Buffer, members: Members, name: string): JsonValue | undefined {
  try {
    return readMember(body, members, name) as JsonValue | undefined;
  } catch (thrown) {
    if (!(thrown instanceof JsonSyntaxError)) throw thrown;
    throw invalid(name, `${name} is not JSON: ${thrown.message}.`);
  }
}
