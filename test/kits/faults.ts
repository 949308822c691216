import type { ServerResponse } from "node:http";
import { gzipSync } from "node:zlib";
import { type FaultWire, wireAt, type Words } from "./fault-wire.js";
import type { Script } from "./script.js";
import type { Behaviour } from "./upstream.js";

/** What a faulty provider would have said. Its first word is its first content. */
export const FAULTY: Script = { text: "alpha beta gamma", finish: "stop", inputTokens: 7, outputTokens: 3 };
/** What a provider says that is well. */
export const SPARE: Script = { text: "from the spare", finish: "stop", inputTokens: 10, outputTokens: 4 };
/** The first content of what a faulty provider says. */
export const FIRST_WORD = "alpha";
/** Words of refusals that hold a secret, as some providers quote it. */
export const QUOTED_KEY = "sk-quoted-by-the-provider-1234567890";

/** One answer that is being given, or not. */
interface Scene {
  readonly response: ServerResponse;
  readonly wire: FaultWire;
  readonly stream: boolean;
  /** Of the script, up to its first content, and with it. */
  readonly opening: string;
  readonly half: string;
  /** All but the events that tell how it ended, and those. */
  readonly body: string;
  readonly ending: string[];
  /** All of it. */
  readonly whole: string;
}

type Act = (scene: Scene) => void | Promise<void>;

const refuse =
  (status: number, words: Words, headers: Readonly<Record<string, string>> = {}): Act =>
  ({ response, wire }) => {
    response.writeHead(status, { "content-type": "application/json", ...headers });
    response.end(JSON.stringify(wire.refusal(words)));
  };

const said = (openai: string, anthropic: string, message = "said the provider", code?: string): Words => ({
  message,
  type: [openai, anthropic],
  ...(code !== undefined && { code }),
});
const TOO_MANY = said("requests", "rate_limit_error", "Slow down.", "rate_limit_exceeded");
const OVERLOADED = said("overloaded_error", "overloaded_error", "Overloaded", "service_unavailable");

/** Seconds that a provider asks to wait in the faults of that name: longer than any wait that is obeyed. */
export const LONG_WAIT_SECONDS = 120;
const later = (): Date => new Date(Math.ceil(Date.now() / 1000 + LONG_WAIT_SECONDS) * 1000);

const begin = ({ response, stream }: Scene, headers: Readonly<Record<string, string>> = {}): void => {
  response.writeHead(200, { "content-type": stream ? "text/event-stream" : "application/json", ...headers });
  response.flushHeaders();
};

/** The answer's beginning, and then what is done to the connection. */
const halfway =
  (half: boolean, then: (response: ServerResponse) => void): Act =>
  (scene) => {
    const text = half ? scene.half : scene.stream ? scene.opening : "";
    begin(scene, scene.stream ? {} : { "content-length": String(Buffer.byteLength(scene.whole)) });
    if (text === "") then(scene.response);
    else scene.response.write(text, () => then(scene.response));
  };

const reset = (response: ServerResponse): void => void response.socket?.resetAndDestroy();
const silence = (): void => {};

/** Ends a stream with that text after its first words, or gives it as the whole body. */
const insteadOfTheRest =
  (half: boolean, text: (scene: Scene) => string, whole: (scene: Scene) => string): Act =>
  async (scene) => {
    begin(scene);
    if (!scene.stream) return void scene.response.end(whole(scene));
    scene.response.write(half ? scene.half : scene.opening);
    // A read of its own at the gateway, so that what came before is with the caller already.
    await new Promise((resolve) => setTimeout(resolve, 10));
    scene.response.end(text(scene));
  };

/** Writes something again and again until the other side has gone. */
async function goOn({ response }: Scene, text: string, everyMs: number): Promise<void> {
  while (!response.destroyed) {
    response.write(text);
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
}

/** Where an event that grows for ever ends all the same, in bytes: far beyond what anybody should take. */
const MOST_OF_A_GIANT = 512 * 1024 * 1024;

/** What a provider can do wrong, by name: it is the part of the model's name before the first dot. */
export const FAULTS = {
  none: (scene) => {
    begin(scene);
    scene.response.end(scene.whole);
  },
  "reset-before-headers": ({ response }) => reset(response),
  "closed-before-headers": ({ response }) => void response.socket?.end(),
  "half-headers": ({ response }) => {
    const { socket } = response;
    socket?.write("HTTP/1.1 200 OK\r\nContent-Ty", () => socket.resetAndDestroy());
  },
  "not-http": ({ response }) => void response.socket?.end("SSH-2.0-OpenSSH_9.9\r\n"),
  "slow-headers": silence,
  401: refuse(401, said("invalid_request_error", "authentication_error", `Incorrect API key provided: ${QUOTED_KEY}.`)),
  402: refuse(402, said("billing_error", "billing_error", "Your account is not active.")),
  403: refuse(403, said("permission_error", "permission_error", "This key may not do that.")),
  "404-model": refuse(
    404,
    said("invalid_request_error", "not_found_error", "The model `m` does not exist.", "model_not_found"),
  ),
  "404-path": ({ response }) => {
    response.writeHead(404, { "content-type": "text/html" }).end("<html><title>404 Not Found</title></html>");
  },
  408: refuse(408, said("timeout", "timeout_error", "Request timed out.")),
  "429-bare": refuse(429, TOO_MANY),
  "429-retry-after": refuse(429, TOO_MANY, { "retry-after": String(LONG_WAIT_SECONDS) }),
  "429-retry-after-date": (scene) =>
    refuse(429, TOO_MANY, {
      date: new Date(later().getTime() - LONG_WAIT_SECONDS * 1000).toUTCString(),
      "retry-after": later().toUTCString(),
    })(scene),
  "429-retry-after-ms": refuse(429, TOO_MANY, { "retry-after-ms": String(LONG_WAIT_SECONDS * 1000) }),
  "429-reset-requests": refuse(429, TOO_MANY, {
    "x-ratelimit-remaining-requests": "0",
    "x-ratelimit-reset-requests": `${LONG_WAIT_SECONDS / 60}m0s`,
    "x-ratelimit-remaining-tokens": "5000",
    "x-ratelimit-reset-tokens": "6ms",
  }),
  "429-reset-tokens": refuse(429, TOO_MANY, {
    "x-ratelimit-remaining-requests": "99",
    "x-ratelimit-reset-requests": "10ms",
    "x-ratelimit-remaining-tokens": "0",
    "x-ratelimit-reset-tokens": `${LONG_WAIT_SECONDS}s`,
  }),
  "429-anthropic-reset": (scene) =>
    refuse(429, TOO_MANY, {
      date: new Date(later().getTime() - LONG_WAIT_SECONDS * 1000).toUTCString(),
      "anthropic-ratelimit-requests-remaining": "10",
      "anthropic-ratelimit-requests-reset": new Date().toISOString(),
      "anthropic-ratelimit-input-tokens-remaining": "0",
      "anthropic-ratelimit-input-tokens-reset": later().toISOString(),
    })(scene),
  500: refuse(500, said("server_error", "api_error", "Internal error.")),
  "502-page": ({ response }) => {
    response.writeHead(502, { "content-type": "text/html" }).end("<html><title>502 Bad Gateway</title></html>");
  },
  503: refuse(503, OVERLOADED),
  504: refuse(504, said("timeout", "timeout_error", "The upstream timed out.")),
  529: refuse(529, OVERLOADED),
  redirect: ({ response }) => void response.writeHead(302, { location: "http://127.0.0.1:1/" }).end(),
  "error-first": insteadOfTheRest(
    false,
    ({ wire }) => wire.failure(OVERLOADED),
    ({ wire }) => JSON.stringify(wire.refusal(OVERLOADED)),
  ),
  "error-after-content": insteadOfTheRest(
    true,
    ({ wire }) => wire.failure(OVERLOADED),
    ({ wire }) => JSON.stringify(wire.refusal(OVERLOADED)),
  ),
  "cut-before-content": halfway(false, reset),
  "cut-after-content": halfway(true, reset),
  "stall-before-content": halfway(false, silence),
  "stall-after-content": halfway(true, silence),
  "pings-without-content": async (scene) => {
    begin(scene);
    if (scene.stream) scene.response.write(scene.opening);
    await goOn(scene, scene.stream ? scene.wire.idle : " ", 20);
  },
  "malformed-before-content": insteadOfTheRest(
    false,
    ({ whole, opening }) => `data: {"half":\n\n${whole.slice(opening.length)}`,
    () => '{"half":',
  ),
  "malformed-after-content": insteadOfTheRest(
    true,
    ({ whole, half }) => `data: {"half":\n\n${whole.slice(half.length)}`,
    ({ whole }) => whole.slice(0, -2),
  ),
  "wrong-content-type": ({ response }) => {
    response.writeHead(200, { "content-type": "text/html" }).end("<html><title>Welcome</title></html>");
  },
  "wrong-coding": (scene) => {
    begin(scene, { "content-encoding": "gzip" });
    scene.response.end("this was never compressed");
  },
  "compressed-cut": (scene) => {
    begin(scene, { "content-encoding": "gzip" });
    const bytes = gzipSync(scene.whole);
    scene.response.end(bytes.subarray(0, bytes.length >> 1));
  },
  empty: (scene) => {
    begin(scene);
    scene.response.end();
  },
  "only-pings": (scene) => {
    begin(scene);
    scene.response.end(scene.stream ? scene.wire.idle : " ");
  },
  "no-finish": insteadOfTheRest(
    true,
    ({ body, half }) => body.slice(half.length),
    ({ wire }) => JSON.stringify(wire.unfinished(FAULTY)),
  ),
  "twice-its-finish": insteadOfTheRest(
    true,
    ({ body, half, ending }) => body.slice(half.length) + [ending[0], ...ending].join(""),
    ({ whole }) => whole + whole,
  ),
  "twice-its-ending": insteadOfTheRest(
    true,
    ({ body, half, ending }) => body.slice(half.length) + [...ending, ...ending].join(""),
    ({ whole }) => `${whole}\n${whole}`,
  ),
  trickle: async (scene) => {
    begin(scene);
    const pieces = scene.whole.match(/[^]{1,150}/g) ?? [];
    for (const piece of pieces) {
      scene.response.write(piece);
      await new Promise((resolve) => setTimeout(resolve, 15));
    }
    scene.response.end();
  },
  "trickle-for-ever": async (scene) => {
    begin(scene);
    scene.response.write(scene.half);
    await goOn(scene, scene.wire.delta("."), 500);
  },
  "goes-on-for-ever": async (scene) => {
    begin(scene);
    if (scene.stream) scene.response.write(scene.half);
    await goOn(scene, scene.stream ? scene.wire.delta(".") : " ", 50);
  },
  "giant-line": (scene) => {
    begin(scene);
    const { response, wire, stream } = scene;
    if (stream) response.write(scene.opening);
    writeGiant(response, stream ? (wire.delta("x").split("x")[0] ?? "") : '{"x":"');
  },
} as const satisfies Record<string, Act>;

export type FaultName = `${keyof typeof FAULTS}`;

/** Begins an event, or a body, that grows for ever; stops where nobody takes it. */
function writeGiant(response: ServerResponse, head: string): void {
  const piece = Buffer.alloc(1024 * 1024, "x");
  let written = 0;
  const more = (): void => {
    while (!response.destroyed && written < MOST_OF_A_GIANT) {
      written += piece.length;
      if (response.write(piece)) continue;
      response.once("drain", more);
      return;
    }
  };
  response.write(head);
  more();
}

/** A provider that does what the model's name says, in the dialect of the path: a fault, or `spare` for one that is well. */
export const misbehave: Behaviour = (request, response) => {
  // Most faults end in a socket that is gone.
  response.on("error", () => {});
  const { model, stream = false } = request.json() as { model: string; stream?: boolean };
  const name = model.split(".", 1)[0] as FaultName | "spare";
  const wire = wireAt(request.path);
  const script = name === "spare" ? SPARE : FAULTY;
  const events = wire.events(script);
  const first = events.findIndex((text) => text.includes(FIRST_WORD));
  const end = events.findIndex((text) => wire.ends(text));
  const whole = stream ? events.join("") : JSON.stringify(wire.whole(script));
  return FAULTS[name === "spare" ? "none" : name]({
    response,
    wire,
    stream,
    opening: events.slice(0, first).join(""),
    half: stream ? events.slice(0, first + 1).join("") : whole.slice(0, whole.length >> 1),
    body: events.slice(0, end).join(""),
    ending: events.slice(end),
    whole,
  });
};
