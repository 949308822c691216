import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { isObject, readSse } from "../../src/sdk/index.js";
import { startTestGateway, type TestGateway } from "../kits/gateway.js";
import { answerJson, answerSse, startUpstream, type TestUpstream } from "../kits/upstream.js";
import { type Recording, recordings } from "../recordings.js";

/** A door, and the recordings of its dialect. */
interface Door {
  readonly name: string;
  /** The plugin that speaks the dialect, with its settings, and its base URL below the upstream's address. */
  readonly plugin: string;
  readonly settings?: string;
  readonly base: string;
  /** Where the recorded request is sent, and as what: for the model of a provider called `up`. */
  readonly ask: (recording: Recording) => { readonly path: string; readonly body: Body };
  /** The recorded body with the model's own name in it, wherever the wire has it there. */
  readonly spliced: (body: Body) => Body;
  readonly recordings: readonly Recording[];
  /** Fewest recordings of each kind: whole, streamed, refused. */
  readonly atLeast: readonly [number, number, number];
  /** Events of a recorded stream that the caller gets. */
  readonly expected: (recording: Recording, events: readonly Event[]) => readonly Event[];
  /** Whether the gateway adds a request for usage to this body. */
  readonly asksMore: (body: Body) => boolean;
}

interface Event {
  readonly event: string;
  readonly data: string;
}

type Body = Record<string, unknown> & { stream_options?: { include_usage?: boolean } };

const asks = (body: Body): boolean => body.stream_options?.include_usage === true;

/** Of a wire that names the model in the body. */
const inBody = (path: string): Pick<Door, "ask" | "spliced"> => ({
  ask: ({ request }) => {
    const body = request.body as Body;
    return { path, body: { ...body, model: `up/${String(body.model ?? "model")}` } };
  },
  spliced: (body) => ({ ...body, model: String(body.model ?? "model") }),
});

const GOOGLE_PATH = /\/models\/([^/:]+):(\w+)/;

const doors: readonly Door[] = [
  {
    name: "OpenAI",
    plugin: "openai",
    base: "/v1",
    ...inBody("/v1/chat/completions"),
    recordings: recordings({ api: ["chat", "compat.chat"] }),
    atLeast: [50, 50, 5],
    expected: ({ request }, events) =>
      asks(request.body as Body) ? events : events.filter((event) => !isUsageOnly(event)),
    asksMore: (body) => body.stream === true && !asks(body),
  },
  {
    name: "Responses",
    plugin: "openai",
    settings: "{ responses: true }",
    base: "/v1",
    ...inBody("/v1/responses"),
    recordings: recordings({ api: "responses" }),
    atLeast: [50, 50, 5],
    expected: (_recording, events) => events,
    asksMore: () => false,
  },
  {
    name: "Anthropic",
    plugin: "anthropic",
    base: "",
    ...inBody("/v1/messages"),
    recordings: recordings({ api: "messages" }),
    atLeast: [50, 50, 5],
    expected: (_recording, events) => events,
    asksMore: () => false,
  },
  {
    name: "Google",
    plugin: "gemini",
    base: "",
    ask: ({ request }) => {
      const [, model = "", method = ""] = GOOGLE_PATH.exec(request.url_path) ?? [];
      return { path: `/v1beta/models/up/${model}:${method}?alt=sse`, body: request.body as Body };
    },
    spliced: (body) => body,
    recordings: recordings({ provider: ["gemini", "vertex"], api: ["generateContent", "streamGenerateContent"] }),
    atLeast: [110, 50, 5],
    expected: (_recording, events) => events,
    asksMore: () => false,
  },
];

describe.each(doors)("a recorded call through the $name door to a provider of the same dialect", (door) => {
  const all = door.recordings.filter(({ request }) => request.recorded !== false);
  const whole = all.filter(({ response }) => isObject(response.body) && response.status === 200);
  const streamed = all.filter(({ response }) => response.sse !== undefined && response.status === 200);
  const refused = all.filter(
    ({ response }) => [400, 404, 413, 422].includes(response.status) && response.body !== undefined,
  );
  const named = (list: readonly Recording[]) => list.map((recording) => [recording.file, recording] as const);

  let upstream: TestUpstream;
  let gateway: TestGateway;

  beforeAll(async () => {
    upstream = await startUpstream();
    gateway = await startTestGateway(`
server: { port: 0 }
log: { level: silent }
providers: { up: { plugin: ${door.plugin}, base_url: "${upstream.url}${door.base}", api_key: k, settings: ${door.settings ?? "{}"} } }
`);
  });

  afterAll(async () => {
    await gateway.stop();
    await upstream.close();
  });

  const send = (recording: Recording): Promise<Response> => {
    const { path, body } = door.ask(recording);
    return fetch(`${gateway.url}${path}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });
  };

  /** The provider saw the caller's bytes with nothing but the model's name changed. */
  const expectSplicedOnly = (recording: Recording): void => {
    const body = recording.request.body as Body;
    const seen = upstream.seen[upstream.seen.length - 1];
    const { stream_options: own, ...rest } = body;
    const expected = JSON.stringify(door.spliced(body));
    if (own === undefined && door.asksMore(body)) expect(seen?.json()).toMatchObject(rest);
    else expect(seen?.body.toString("utf8")).toBe(expected);
  };

  it("has recordings of every kind", () => {
    expect(whole.length).toBeGreaterThanOrEqual(door.atLeast[0]);
    expect(streamed.length).toBeGreaterThanOrEqual(door.atLeast[1]);
    expect(refused.length).toBeGreaterThanOrEqual(door.atLeast[2]);
  });

  it.each(named(whole))("comes back byte for byte: %s", async (_file, recording) => {
    // Indented, so that a byte that was written anew would show.
    const body = JSON.stringify(recording.response.body, undefined, 1);
    upstream.behave(answerJson(body));
    const response = await send(recording);
    expect(response.status).toBe(200);
    expect(response.headers.get("x-parlance-lane")).toBe("verbatim");
    expect(await response.text()).toBe(body);
    expectSplicedOnly(recording);
  });

  it.each(named(streamed))("comes back event for event: %s", async (_file, recording) => {
    const sse = recording.response.sse as string;
    upstream.behave(answerSse(sse, [1, 3, 977]));
    const response = await send(recording);
    const text = await response.text();
    // A stream that tells an error is answered with one, in a form of the gateway's own.
    if (eventsOf(sse).some(isError)) {
      expect(text).toContain('"error"');
      return;
    }
    expect(response.status).toBe(200);
    expect(response.headers.get("x-parlance-lane")).toBe("verbatim");
    expect(eventsOf(text)).toEqual(door.expected(recording, eventsOf(sse)));
    if (!door.asksMore(recording.request.body as Body)) expectSplicedOnly(recording);
  });

  it.each(named(refused))("keeps what the provider said of it: %s", async (_file, recording) => {
    const body = JSON.stringify(recording.response.body, undefined, 1);
    upstream.behave(answerJson(body, recording.response.status));
    const response = await send(recording);
    const text = await response.text();
    // A 400 that speaks of the gateway's own key is not the caller's.
    if (response.status === 502) expect(text).toContain("error");
    else {
      expect(response.status).toBe(recording.response.status);
      expect(text).toBe(body);
    }
  });
});

function isError({ data }: Event): boolean {
  return data.includes('"error"') && Boolean((JSON.parse(data) as { error?: unknown }).error);
}

function eventsOf(text: string): Event[] {
  const events: Event[] = [];
  readSse(text, ({ event, data }) => events.push({ event, data }));
  return events;
}

function isUsageOnly({ data }: Event): boolean {
  if (data === "[DONE]") return false;
  const event = JSON.parse(data) as { choices?: unknown[]; usage?: unknown };
  return event.choices?.length === 0 && Boolean(event.usage);
}
