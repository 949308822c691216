// What is measured: cells, in groups that share a table, a warm-up and their processes.

const CONNECTIONS = [1, 32, 256];
const PACED_CONNECTIONS = 32;
const QUICK_CONNECTIONS = 32;
// How a client of gRPC usually calls: all on one connection.
const SHARED_CALLS = 32;

const ECHOES = ["grpc-js", "connect-node"];

const WHOLE = [undefined];
const STREAMED = ["burst", "paced"];
const RPC = "/parlance.v1.CompletionService";

/** `bare` is the measure in every group: in the RPC groups it is asked for the same answer over REST. */
const groups = [
  group("verbatim", "unary", ["bare", "fastify", "parlance"], WHOLE, "OpenAI in, OpenAI upstream; JSON"),
  group("verbatim", "sse", ["bare", "fastify", "parlance"], STREAMED, "OpenAI in, OpenAI upstream; server-sent events"),
  group("routed", "unary", ["bare", "parlance", "parlance-routed"], WHOLE, "as verbatim, with all of routing at work"),
  group(
    "routed",
    "sse",
    ["bare", "parlance", "parlance-routed"],
    ["burst"],
    "as verbatim, with all of routing at work",
  ),
  group("translated", "unary", ["bare", "parlance"], WHOLE, "OpenAI in, Anthropic upstream; JSON"),
  group("translated", "sse", ["bare", "parlance"], STREAMED, "OpenAI in, Anthropic upstream; server-sent events"),
  group("grpc", "unary", ["bare", "grpc-js", "connect-node", "parlance"], WHOLE, "gRPC in, OpenAI upstream; Complete"),
  group(
    "grpc",
    "stream",
    ["bare", "grpc-js", "connect-node", "parlance"],
    STREAMED,
    "gRPC in, OpenAI upstream; StreamComplete",
  ),
  group("connect", "unary", ["bare", "connect-node", "parlance"], WHOLE, "Connect JSON in, OpenAI upstream; Complete"),
];

/** The groups of a run, each with those of its cells that `only` matches. */
export function chooseGroups({ quick, only, peers }) {
  return groups
    .map((each) => ({
      ...each,
      contenders: [...each.contenders, ...(["verbatim", "translated"].includes(each.lane) ? peers : [])],
      cells: each.cells
        .filter(
          ({ connections, calls }) => only !== undefined || !quick || connections === QUICK_CONNECTIONS || calls > 1,
        )
        .filter(({ name }) => only === undefined || only.test(name)),
    }))
    .filter(({ cells }) => cells.length > 0);
}

/** Who is measured in a cell: those that have no upstream cannot be paced by one. */
export function contendersIn(group, { shape }) {
  return group.contenders.filter((name) => shape.stream !== "paced" || !ECHOES.includes(name));
}

/** How a contender is asked in a cell of a group. */
export function callOf(lane, contender, { stream }, upstream) {
  if (contender === "bare" || contender === "fastify") {
    // They pass on what the upstream says in its own dialect.
    return lane === "translated"
      ? { protocol: "anthropic", path: "/v1/messages" }
      : { protocol: "openai", path: "/v1/chat/completions" };
  }
  if (contender === "portkey") {
    const headers = {
      authorization: "Bearer bench",
      "x-portkey-provider": lane === "translated" ? "anthropic" : "openai",
      "x-portkey-custom-host": `${upstream}/v1`,
    };
    return { protocol: "openai", path: "/v1/chat/completions", headers };
  }
  const path = `${RPC}/${stream === undefined ? "Complete" : "StreamComplete"}`;
  if (lane === "grpc") return { protocol: "grpc", path };
  if (lane === "connect") return { protocol: "connect", path };
  return { protocol: "openai", path: "/v1/chat/completions" };
}

function group(lane, mode, contenders, streams, title) {
  const cells = streams.flatMap((stream) =>
    (stream === undefined ? ["small", "large"] : ["small"]).flatMap((size) =>
      clientsOf(lane, stream, size).map((clients) => ({
        name: `${lane}/${mode}/${stream ?? size}/c${clients.connections}${clients.calls > 1 ? `x${clients.calls}` : ""}`,
        shape: { stream, size },
        ...clients,
      })),
    ),
  );
  return { name: `${lane}/${mode}`, lane, mode, title, contenders, streamed: streams !== WHOLE, cells };
}

/** How many connections, with how many calls at once on each. */
function clientsOf(lane, stream, size) {
  if (stream === "paced") return [{ connections: PACED_CONNECTIONS, calls: 1 }];
  const apart = CONNECTIONS.map((connections) => ({ connections, calls: 1 }));
  return lane === "grpc" && size === "small" ? [...apart, { connections: 1, calls: SHARED_CALLS }] : apart;
}
