import {
  type ErrorCode,
  type ErrorFacts,
  errorFromStatus,
  isObject,
  type JsonObject,
  type JsonValue,
  ParlanceError,
  type ReadonlyHeaders,
} from "@parlance/sdk";

/**
 * Statuses of Bedrock's exceptions, lower-case and without their ending, as the gateway's table has them: where the wire's
 * own status tells less (a quota that is used up is 400, a model that fails 424), and for exceptions inside streams,
 * which come without one.
 * https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ConverseStream.html#API_runtime_ConverseStream_Errors
 */
const STATUSES: Readonly<Record<string, number>> = {
  accessdenied: 403,
  internalserver: 500,
  modelerror: 502,
  modelnotready: 503,
  modelstreamerror: 502,
  modeltimeout: 408,
  resourcenotfound: 404,
  servicequotaexceeded: 429,
  serviceunavailable: 503,
  throttling: 429,
  toomanyrequests: 429,
  validation: 400,
};

/** Words by which Amazon's doors refuse a signature or its maker, whatever status they come with. */
const CREDENTIAL =
  /^(?:expiredtoken|unrecognizedclient|invalidsignature|signaturedoesnotmatch|incompletesignature|missingauthenticationtoken|invalidclienttokenid|requestexpired|requesttimetooskewed|notauthorized)/;

/** The gateway's clock and Amazon's are more than five minutes apart. */
const CLOCK = /signature expired|signature not yet current|request ?time ?too ?skewed|requestexpired/i;

const CLOCK_HINT =
  "The gateway's clock and the provider's are too far apart for a signature: set the clock, by NTP for one.";

const TOO_LONG = /input tokens exceeded|number of input tokens exceeds|input is too long|too many input tokens/i;
const UNKNOWN_MODEL = /model identifier is invalid|could not resolve the foundation model/i;
const NO_COUNT = /doesn't support counting tokens/i;
/** The words of Claude's own server, told on: `messages.1.content.0: Invalid `signature` in `thinking` block`. */
const SEAL = /invalid [`']?signature|thinking[`']? (?:or [`']?redacted_thinking[`']? )?blocks? .*cannot be modified/i;

/** Makes a refusal into an error of the table, its message and exception kept. */
export function decodeError(status: number, headers: ReadonlyHeaders, body: Buffer): ParlanceError {
  const words = parse(body);
  const told = headers["x-amzn-errortype"];
  return errorOf(status, headers, nameOf(told ?? text(words.__type) ?? text(words.code) ?? ""), words);
}

/** The error that an exception inside a stream, or a body with status 200, tells. `name`: such as `throttlingException`. */
export function exceptionOf(name: string, body: JsonObject): ParlanceError {
  const { message } = body;
  const original = body.originalStatusCode;
  // Of a model's own failure its own status says more.
  const status = typeof original === "number" && original >= 400 && original <= 599 ? original : undefined;
  const error = errorOf(status ?? 500, {}, nameOf(name), { message: message ?? null });
  return new ParlanceError(error.code, error.message, { ...error.facts, providerStatus: undefined });
}

/** Whether a refusal says that the model cannot read reasoning that comes back under its seal. */
export function refusesSeals(error: ParlanceError): boolean {
  return SEAL.test(error.message);
}

/** `ThrottlingException:http://...` and `com.amazon.coral#ThrottlingException` are the same exception. */
function nameOf(told: string): string {
  return (told.split(":")[0] as string).replace(/^.*#/, "");
}

function errorOf(status: number, headers: ReadonlyHeaders, name: string, body: JsonObject): ParlanceError {
  const message = text(body.message) ?? text(body.Message) ?? "";
  const known = name.toLowerCase().replace(/(?:exception|error)$/, "");
  const words = { message, ...(name !== "" && { type: name }) };
  if (CREDENTIAL.test(known) || CLOCK.test(message)) {
    const refused = errorFromStatus(403, headers, words);
    const hint = CLOCK.test(`${message} ${name}`) ? ` ${CLOCK_HINT}` : "";
    return new ParlanceError(refused.code, refused.message + hint, { ...refused.facts, providerStatus: status });
  }
  const error = errorFromStatus(STATUSES[known] ?? status, headers, words);
  const code = finer(error.code, known, message);
  const facts: ErrorFacts = { ...error.facts, providerStatus: status };
  return new ParlanceError(code, error.message, facts);
}

/** What only the words tell. */
function finer(code: ErrorCode, exception: string, message: string): ErrorCode {
  // Guardrails are resources too; an address that is none has another exception.
  if (code === "not_found" && exception === "resourcenotfound" && !/guardrail/i.test(message)) return "model_not_found";
  if (code !== "invalid_request") return code;
  if (TOO_LONG.test(message)) return "context_length_exceeded";
  if (UNKNOWN_MODEL.test(message)) return "model_not_found";
  return NO_COUNT.test(message) ? "unsupported" : code;
}

function parse(body: Buffer): JsonObject {
  try {
    const value = JSON.parse(body.toString("utf8")) as JsonValue;
    if (isObject(value)) return value;
  } catch {
    // A page of a proxy, of which the caller need not know.
  }
  return {};
}

function text(value: JsonValue | undefined): string | undefined {
  return typeof value === "string" ? value : undefined;
}
