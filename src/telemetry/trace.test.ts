import { propagation, type TextMapPropagator, trace } from "@opentelemetry/api";
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  SamplingDecision,
  SimpleSpanProcessor,
} from "@opentelemetry/sdk-trace-base";
import { afterEach, describe, expect, it } from "vitest";
import { startTestGateway } from "../../test/kits/gateway.js";
import { openAiAnswer } from "../../test/kits/openai-wire.js";
import { answerJson, startUpstream } from "../../test/kits/upstream.js";

afterEach(() => {
  trace.disable();
  propagation.disable();
});

/** Takes a parent from the header `traceparent` alone: https://www.w3.org/TR/trace-context/#traceparent-header */
const fromTraceparent: TextMapPropagator = {
  inject: () => {},
  fields: () => ["traceparent"],
  extract: (context, carrier, getter) => {
    const [, traceId, spanId] = /^00-(\w{32})-(\w{16})-01$/.exec(String(getter.get(carrier, "Traceparent"))) ?? [];
    return traceId === undefined || spanId === undefined
      ? context
      : trace.setSpanContext(context, { traceId, spanId, traceFlags: 1, isRemote: true });
  },
};

async function ask(headers: Record<string, string>): Promise<{ status: number; before: number; after: number }> {
  const first = await startUpstream(answerJson({ error: { message: "no" } }, 500));
  const second = await startUpstream(
    answerJson(openAiAnswer({ text: "Hello", finish: "stop", inputTokens: 10, outputTokens: 3 })),
  );
  const gateway = await startTestGateway(`
server: { port: 0 }
log: { level: silent }
providers:
  a: { plugin: openai, base_url: "${first.url}/v1", api_key: sk-secret-of-the-gateway }
  b: { plugin: openai, base_url: "${second.url}/v1", api_key: sk-secret-of-the-gateway }
models:
  smart: { targets: [{ provider: a, model: first }, { provider: b, model: second, priority: 1 }] }
`);
  const before = Date.now();
  const { status } = await fetch(`${gateway.url}/v1/chat/completions`, {
    method: "POST",
    headers: { "content-type": "application/json", authorization: "Bearer sk-secret-of-the-caller", ...headers },
    body: JSON.stringify({ model: "smart", messages: [{ role: "user", content: "the prompt" }] }),
  });
  const after = Date.now();
  await gateway.stop();
  await first.close();
  await second.close();
  return { status, before, after };
}

function record(): InMemorySpanExporter {
  const exporter = new InMemorySpanExporter();
  trace.setGlobalTracerProvider(new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }));
  return exporter;
}

function at([seconds, nanos]: readonly [number, number]): number {
  return seconds * 1000 + nanos / 1_000_000;
}

describe("the span of an exchange", () => {
  it("has its times, what it was, and an event for each attempt, and neither prompt nor credential", async () => {
    const exporter = record();
    const { before, after } = await ask({});
    const [span, ...others] = exporter.getFinishedSpans();
    if (span === undefined) throw new Error("there is no span");
    expect(others).toEqual([]);
    expect(span.name).toBe("parlance.exchange");
    expect(span.parentSpanContext).toBeUndefined();
    expect(at(span.startTime)).toBeGreaterThanOrEqual(before - 5);
    expect(at(span.endTime)).toBeLessThanOrEqual(after + 1000);
    expect(at(span.endTime)).toBeGreaterThan(at(span.startTime));
    expect(span.attributes).toMatchObject({
      "gen_ai.operation.name": "chat",
      "gen_ai.provider.name": "b",
      "gen_ai.request.model": "smart",
      "gen_ai.response.model": "second",
      "gen_ai.usage.input_tokens": 10,
      "gen_ai.usage.output_tokens": 3,
      "gen_ai.response.finish_reasons": ["stop"],
      "parlance.attempts": 2,
      "parlance.target": "b/second",
    });
    expect(span.attributes).not.toHaveProperty("error.type");
    expect(span.events.map(({ name, attributes }) => [name, attributes])).toMatchObject([
      [
        "parlance.attempt",
        {
          "parlance.attempt.target": "a/first",
          "parlance.attempt.status": 500,
          "parlance.attempt.error": "provider_error",
          "parlance.attempt.kind": "first",
        },
      ],
      ["parlance.attempt", { "parlance.attempt.target": "b/second", "parlance.attempt.kind": "fallback" }],
    ]);
    for (const event of span.events) expect(at(event.time)).toBeGreaterThanOrEqual(Math.floor(at(span.startTime)) - 5);
    const told = JSON.stringify([span.attributes, span.events]);
    expect(told).not.toContain("sk-secret");
    expect(told).not.toContain("the prompt");
  });

  it("has the caller's span as its parent where a propagator is registered", async () => {
    const exporter = record();
    propagation.setGlobalPropagator(fromTraceparent);
    const traceId = "0af7651916cd43dd8448eb211c80319c";
    await ask({ traceparent: `00-${traceId}-b7ad6b7169203331-01` });
    const [span] = exporter.getFinishedSpans();
    expect(span?.spanContext().traceId).toBe(traceId);
    expect(span?.parentSpanContext?.spanId).toBe("b7ad6b7169203331");
  });

  it("is not built for a sampler that does not take it", async () => {
    const exporter = new InMemorySpanExporter();
    let asked = 0;
    const sampler = {
      shouldSample: (_context: unknown, _trace: string, _name: string, _kind: unknown, attributes: object) => {
        asked += 1;
        expect(attributes).toEqual({});
        return { decision: SamplingDecision.NOT_RECORD };
      },
      toString: () => "never",
    };
    trace.setGlobalTracerProvider(
      new BasicTracerProvider({ sampler, spanProcessors: [new SimpleSpanProcessor(exporter)] }),
    );
    expect((await ask({})).status).toBe(200);
    expect(asked).toBe(1);
    expect(exporter.getFinishedSpans()).toEqual([]);
  });
});
