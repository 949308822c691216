import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { cohereAnswer, cohereStream } from "../kits/cohere-wire.js";
import { startTestGateway, type TestGateway } from "../kits/gateway.js";
import { ollamaAnswer, ollamaStream } from "../kits/ollama-wire.js";
import type { Script } from "../kits/script.js";
import { answerJson, answerSse, startUpstream, type TestUpstream } from "../kits/upstream.js";
import { type Row, rows } from "./calls.js";
import type { CanonicalError, Client } from "./clients/canonical.js";
import { connectJsonClient } from "./clients/connect-json-client.js";
import { grpcClient } from "./clients/grpc-client.js";
import { grpcWebClient } from "./clients/grpc-web-client.js";
import { openAiClient } from "./clients/openai-client.js";

const NDJSON = { "content-type": "application/x-ndjson" };
const CUTS = [5, 1, 300, 7];

interface Wire {
  readonly provider: string;
  readonly paths: { readonly chat: string; readonly embed: string };
  readonly whole: (script: Script) => unknown;
  readonly stream: (script: Script) => string;
  readonly headers: Record<string, string>;
  readonly refusal: (words: string) => unknown;
  readonly vectors: (vectors: number[][]) => unknown;
}

const wires: readonly Wire[] = [
  {
    provider: "local",
    paths: { chat: "/api/chat", embed: "/api/embed" },
    whole: ollamaAnswer,
    stream: ollamaStream,
    headers: NDJSON,
    refusal: (error) => ({ error }),
    vectors: (embeddings) => ({ model: "m", embeddings, prompt_eval_count: 4 }),
  },
  {
    provider: "coral",
    paths: { chat: "/v2/chat", embed: "/v2/embed" },
    whole: cohereAnswer,
    stream: cohereStream,
    headers: {},
    refusal: (message) => ({ id: "1", message }),
    vectors: (float) => ({ id: "1", embeddings: { float }, meta: { billed_units: { input_tokens: 4 } } }),
  },
];

let upstream: TestUpstream;
let gateway: TestGateway;
let clients: Client[];

beforeAll(async () => {
  upstream = await startUpstream();
  gateway = await startTestGateway(`
server: { port: 0 }
log: { level: silent }
providers:
  local: { plugin: ollama, base_url: "${upstream.url}" }
  coral: { plugin: cohere, base_url: "${upstream.url}", api_key: test-key }
`);
  clients = [
    openAiClient(gateway.url),
    await grpcClient(gateway.url),
    grpcWebClient(gateway.url),
    connectJsonClient(gateway.url),
  ];
});

afterAll(async () => {
  for (const client of clients) client.close();
  await gateway.stop();
  await upstream.close();
});

describe.each(wires)("through four clients, $provider", (wire) => {
  it.each(rows)("gives the same answer: $name", async (row: Row) => {
    const expected = expectedOf(row.script);
    for (const client of clients) {
      upstream.behave(answerJson(wire.whole(row.script)));
      expect(await client.complete(`${wire.provider}/m`, row.call), client.name).toEqual(expected);
      upstream.behave(answerSse(wire.stream(row.script), CUTS, wire.headers));
      expect(await client.stream(`${wire.provider}/m`, row.call), `${client.name}, streamed`).toEqual(expected);
    }
    const asked = upstream.seen.slice(-clients.length * 2);
    expect(asked.map(({ path }) => path)).toEqual(asked.map(() => wire.paths.chat));
    expect(asked.map((request) => request.json().stream)).toEqual(asked.map((_, index) => index % 2 === 1));
    // What reached the provider does not depend on the client.
    const [first] = asked;
    for (const request of asked) expect(request.json().messages).toEqual(first?.json().messages);
  });

  it("tells its refusals in each client's own way", async () => {
    const [row] = rows as [Row];
    for (const client of clients) {
      upstream.behave(answerJson(wire.refusal("too many tokens for this model's context length"), 400));
      const failed = await client.complete(`${wire.provider}/m`, row.call).catch((thrown: unknown) => thrown);
      expect((failed as CanonicalError).code, client.name).toBe("context_length_exceeded");
    }
  });

  it("fails a stream that breaks off before it is whole", async () => {
    const [row] = rows as [Row];
    const text = wire.stream(row.script);
    for (const client of clients) {
      upstream.behave(answerSse(text.slice(0, text.length - 40), CUTS, wire.headers));
      await expect(client.stream(`${wire.provider}/m`, row.call), client.name).rejects.toBeDefined();
    }
  });

  it.each(["float", "base64"])("makes embeddings for a caller that wants them as %s", async (encoding_format) => {
    upstream.behave(
      answerJson(
        wire.vectors([
          [0.5, -1],
          [2, 0.25],
        ]),
      ),
    );
    const response = await fetch(`${gateway.url}/v1/embeddings`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ model: `${wire.provider}/m`, input: ["a", "b"], encoding_format }),
    });
    const { data, usage } = (await response.json()) as { data: { embedding: unknown }[]; usage: object };
    const floats = data.map(({ embedding }) => {
      if (typeof embedding !== "string") return embedding;
      const bytes = Buffer.from(embedding, "base64");
      return [bytes.readFloatLE(0), bytes.readFloatLE(4)];
    });
    expect(floats).toEqual([
      [0.5, -1],
      [2, 0.25],
    ]);
    expect(usage).toMatchObject({ prompt_tokens: 4 });
    expect(upstream.seen.at(-1)?.path).toBe(wire.paths.embed);
  });
});

describe("a provider's credential", () => {
  it("is sent where there is one", async () => {
    const [row] = rows as [Row];
    upstream.behave(answerJson(cohereAnswer(row.script)));
    await (clients[0] as Client).complete("coral/m", row.call);
    expect(upstream.seen.at(-1)?.headers.authorization).toBe("Bearer test-key");
    upstream.behave(answerJson(ollamaAnswer(row.script)));
    await (clients[0] as Client).complete("local/m", row.call);
    expect(upstream.seen.at(-1)?.headers).not.toHaveProperty("authorization");
  });
});

describe("without a configured provider", () => {
  it("the server of the usual variable is there, named by its host alone", async () => {
    const host = new URL(upstream.url).host;
    const plain = await startTestGateway("server: { port: 0 }\nlog: { level: silent }", { OLLAMA_HOST: host });
    const client = openAiClient(plain.url);
    const [row] = rows as [Row];
    upstream.behave(answerJson(ollamaAnswer(row.script)));
    expect(await client.complete("ollama/llama3.2:3b", row.call)).toEqual(expectedOf(row.script));
    expect(upstream.seen.at(-1)?.json().model).toBe("llama3.2:3b");
    client.close();
    await plain.stop();
  });
});

/** Neither wire has refusals: they are words. */
function expectedOf(script: Script): unknown {
  return {
    text: script.text ?? script.refusal ?? "",
    reasoning: script.reasoning ?? "",
    refusal: "",
    toolCalls: script.toolCalls ?? [],
    finish: script.finish,
    inputTokens: script.inputTokens,
    outputTokens: script.outputTokens,
  };
}
