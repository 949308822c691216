import { JsonSyntaxError, type Members, ParlanceError, readMember, skim } from "../sdk/index.js";

/** The gateway's own member, at the top and where an earlier answer put it. */
const OWN = "parlance";

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
  const members = skimBody(body);
  const strict = readStrict(body, members);
  if (addressed !== undefined) return { ...addressed, bytes: body, members, strict };
  const model = readMember(body, members, "model");
  if (typeof model !== "string" || model === "") {
    throw new ParlanceError("invalid_request", "model is required: the name of a model, as a string.", {
      field: "model",
    });
  }
  if (model.length > MAX_MODEL) {
    throw new ParlanceError("invalid_request", `model is longer than ${MAX_MODEL} characters.`, { field: "model" });
  }
  const stream = readMember(body, members, "stream");
  if (stream !== undefined && stream !== null && typeof stream !== "boolean") {
    throw new ParlanceError("invalid_request", "stream must be true or false.", { field: "stream" });
  }
  return { bytes: body, members, model, stream: stream === true, strict };
}

function skimBody(body: Buffer): Members {
  try {
    return skim(body, OWN);
  } catch (thrown) {
    if (!(thrown instanceof JsonSyntaxError)) throw thrown;
    throw new ParlanceError("invalid_request", `The body is not a JSON object: ${thrown.message}.`);
  }
}

function readStrict(body: Buffer, members: Members): boolean {
  if (!members.byName.has(OWN)) return false;
  const own = readMember(body, members, OWN) as { strict?: unknown } | null;
  if (typeof own !== "object" || own === null) {
    throw new ParlanceError("invalid_request", "parlance must be an object.", { field: "parlance" });
  }
  const { strict } = own;
  if (strict !== undefined && typeof strict !== "boolean") {
    throw new ParlanceError("invalid_request", "parlance.strict must be true or false.", { field: "parlance.strict" });
  }
  return strict === true;
}
