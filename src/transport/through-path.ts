import { ParlanceError } from "../sdk/index.js";

/** The path and the query of a request that passes. */
export interface VendorPath {
  /** As the vendor has it: without the door's own prefix, and otherwise as it came. */
  readonly path: string;
  /** Question mark included; empty where there is none. */
  readonly query: string;
}

/**
 * What of a request's target is the vendor's. Throws where the path leads out of the vendor's API, in whatever
 * spelling, or to nothing in it.
 */
export function vendorPath(target: string, prefix: string): VendorPath {
  // A proxy's form of the target; where it points is not looked at (RFC 9112 §3.2.2).
  const local = target.startsWith("/") ? target : target.replace(/^[a-z][a-z0-9+.-]*:\/\/[^/?#]*/i, "");
  const mark = local.indexOf("?");
  const path = mark === -1 ? local : local.slice(0, mark);
  if (!path.startsWith(`${prefix}/v1/`)) {
    throw new ParlanceError(
      "not_found",
      `There is nothing at ${path}. The vendor's paths begin with ${prefix}/v1/ here.`,
    );
  }
  const own = path.slice(prefix.length);
  const steps = own.split("/").slice(1);
  // A slash may end the path, but nowhere are there two.
  if (steps.some((step, i) => (step === "" && i < steps.length - 1) || !isPlain(step))) {
    throw new ParlanceError("invalid_request", `The path ${JSON.stringify(own)} is not one of the vendor's API.`, {
      field: "path",
    });
  }
  return { path: own, query: mark === -1 ? "" : local.slice(mark) };
}

/** Whether a step stays where it is, however often a server decodes it. */
function isPlain(step: string): boolean {
  let text = step;
  for (let times = 0; times < 4; times += 1) {
    for (const piece of text.split(/[\\/]/)) {
      const name = piece.split(";", 1)[0];
      if (name === "." || name === "..") return false;
    }
    if (/[\p{Cc}#]/u.test(text)) return false;
    const decoded = decode(text);
    if (decoded === undefined) return times > 0;
    if (decoded === text) return true;
    text = decoded;
  }
  // Nobody has a reason to encode so often.
  return false;
}

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

/** The path of one model, with what follows its name. */
const MODEL_PATH = /^\/v1\/models\/(.+)$/;

/** The model that a path names; undefined where it names none. */
export function modelInPath(path: string): string | undefined {
  const name = MODEL_PATH.exec(path)?.[1];
  return name === undefined ? undefined : decode(name);
}

/** A path for records: what is not one of the API's `words` is an id, which nobody could count by. */
export function patternOf(path: string, words: ReadonlySet<string>): string {
  if (MODEL_PATH.test(path)) return "/v1/models/{model}";
  return path
    .split("/")
    .map((step, i) => (i < 2 || step === "" || words.has(step) ? step : "{id}"))
    .join("/");
}
