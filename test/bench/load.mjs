// The clients: a process that holds connections to one contender and sends the next request when an answer is whole.
import { connectHttp1, http1Request } from "./http1-client.mjs";
import { connectHttp2, http2Request } from "./http2-client.mjs";
import { percentile } from "./statistics.mjs";
import { readAnswer } from "./read-answer.mjs";
import { expectedText, openAiRequest, rpcRequest } from "./wire.mjs";

// Ids and times within an answer may differ in length from one to the next.
const TOLERANCE = 64;
const MOST_SAMPLES = 1 << 20;
const PATIENCE_MS = 30_000;
const samples = new Float64Array(MOST_SAMPLES);
const firsts = new Float64Array(MOST_SAMPLES);

let load;

process.on("message", ({ ask, id, ...rest }) => {
  act(ask, rest).then(
    (value) => process.send({ id, value }),
    (error) => process.send({ id, error: error.message }),
  );
});
process.on("disconnect", () => process.exit(1));
process.send({ ready: {} });

async function act(ask, rest) {
  if (ask === "open") return open(rest);
  if (ask === "run") return run(rest);
  for (const connection of load.connections) connection.close();
  load = undefined;
  return undefined;
}

/** Opens the connections; the first answer is read in full, and is what all others must look like. */
async function open({ shape, protocol, port, path, headers, connections, calls = 1 }) {
  const type = protocol === "grpc" ? "application/grpc+proto" : "application/json";
  const asked = { path, headers: { "content-type": type, ...headers }, body: requestBody(protocol, shape) };
  const [connect, request] =
    protocol === "grpc" ? [connectHttp2, http2Request(asked)] : [connectHttp1, http1Request(asked)];
  const model = await once(connect(port, { keepBody: true }), request);
  const told = readAnswer(protocol, shape, model.body);
  const expected = expectedText(shape);
  if (model.status !== 200 || told !== expected) {
    throw new Error(
      `a wrong answer: status ${model.status}, ${model.frames} frames, text ${JSON.stringify(told?.slice(0, 80))}; body ${model.body.subarray(0, 400)}`,
    );
  }
  const opened = Array.from({ length: connections }, () => connect(port));
  // A caller is one call at a time; several may share a connection.
  const callers = opened.flatMap((connection) => Array.from({ length: calls }, () => connection));
  load = { request, model, connections: opened, callers };
  await run({ requests: callers.length });
  return { length: model.length, frames: model.frames };
}

function requestBody(protocol, shape) {
  if (protocol === "grpc") return rpcRequest(shape, "binary");
  return protocol === "connect" ? rpcRequest(shape, "json") : openAiRequest(shape);
}

function once(connection, request) {
  return new Promise((resolve, reject) => {
    connection.send(request, (error, answer) => {
      connection.close();
      if (error === undefined) resolve(answer);
      else reject(error);
    });
  });
}

/** Sends until `forMs` are over or `requests` were sent; ends when every answer is whole. */
function run({ forMs = Number.POSITIVE_INFINITY, requests = Number.POSITIVE_INFINITY }) {
  const { callers, request, model } = load;
  const began = performance.now();
  const until = began + forMs;
  let sent = 0;
  let answered = 0;
  let open = callers.length;
  return new Promise((resolve, reject) => {
    const patience = setTimeout(
      () => reject(new Error(`${open} answers did not come`)),
      (Number.isFinite(forMs) ? forMs : 0) + PATIENCE_MS,
    );
    const next = (connection) => {
      const at = performance.now();
      if (at >= until || sent >= requests) {
        open -= 1;
        if (open === 0) {
          clearTimeout(patience);
          resolve(result(answered, performance.now() - began));
        }
        return;
      }
      sent += 1;
      connection.send(request, (error, answer) => {
        const wrong = error ?? differs(answer, model);
        if (wrong !== undefined) {
          clearTimeout(patience);
          reject(wrong);
          return;
        }
        const slot = answered % MOST_SAMPLES;
        samples[slot] = performance.now() - at;
        firsts[slot] = answer.firstAt - at;
        answered += 1;
        next(connection);
      });
    };
    for (const connection of callers) next(connection);
  });
}

function differs(answer, model) {
  const same =
    answer.status === model.status &&
    answer.frames === model.frames &&
    Math.abs(answer.length - model.length) <= TOLERANCE;
  if (same) return undefined;
  const seen = ({ status, frames, length }) => `status ${status}, ${frames} frames, ${length} bytes`;
  return new Error(`an answer unlike the first: ${seen(answer)}; the first: ${seen(model)}`);
}

function result(answered, ms) {
  const taken = samples.slice(0, Math.min(answered, MOST_SAMPLES)).sort();
  const first = firsts.slice(0, taken.length).sort();
  return {
    requests: answered,
    perSecond: (answered * 1000) / ms,
    p50: percentile(taken, 50),
    p99: percentile(taken, 99),
    first: percentile(first, 50),
  };
}
