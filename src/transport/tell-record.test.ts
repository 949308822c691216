import { describe, expect, it } from "vitest";
import type { Exchange } from "../core/exchange.js";
import { AttemptSchema, create, Losses } from "../sdk/index.js";
import { recordComment, recordHeader, withRecord } from "./tell-record.js";

function exchangeOf(record: Exchange["record"], count: number, message = "no"): Exchange {
  const attempts = Array.from({ length: count }, (_, i) =>
    create(AttemptSchema, { target: `up/m${i}`, reason: "by priority", errorMessage: message }),
  );
  return { id: "req_1", record, attempts, losses: new Losses(false), cost: undefined } as unknown as Exchange;
}

interface Header {
  readonly attempts: { target: string; error_message?: string }[];
  readonly omitted?: number;
}

describe("the record in a header", () => {
  it("is ASCII, whatever a provider has said", () => {
    const header = recordHeader(exchangeOf("headers", 1, "nein — ü 😀 \u0000\r\n"));
    expect(header).toMatch(/^[\x20-\x7e]+$/);
    expect((JSON.parse(header) as Header).attempts[0]?.error_message).toBe("nein — ü 😀 \u0000\r\n");
  });

  it("leaves out the words first, and then the attempts in the middle, and counts them", () => {
    const wordy = JSON.parse(recordHeader(exchangeOf("headers", 20, "x".repeat(400)))) as Header;
    expect(wordy.attempts).toHaveLength(20);
    expect(wordy.attempts[0]?.error_message).toBeUndefined();
    const text = recordHeader(exchangeOf("headers", 1000));
    expect(text.length).toBeLessThanOrEqual(4096);
    const { attempts, omitted = 0 } = JSON.parse(text) as Header;
    expect(attempts.length + omitted).toBe(1000);
    expect([attempts[0]?.target, attempts.at(-1)?.target]).toEqual(["up/m0", "up/m999"]);
  });
});

describe("the record in a body", () => {
  const told = (body: string): string => withRecord(Buffer.from(body), exchangeOf("body", 1)).toString();

  it("stands at the end of an object, whose bytes stay as they are", () => {
    expect(told('{ "a": 1.0 }\n')).toMatch(/^\{ "a": 1\.0 ,"parlance":\{"request_id":"req_1","attempts":\[.*\]\}\}\n$/);
    expect(told("{}")).toMatch(/^\{"parlance":\{/);
  });

  it("stands beside what the member holds already", () => {
    const body = told('{"parlance": {"losses": [{"path": "a"}], "attempts": "earlier"}, "z": 1}');
    expect(JSON.parse(body)).toMatchObject({
      parlance: { losses: [{ path: "a" }], attempts: [{ target: "up/m0" }] },
      z: 1,
    });
  });

  it.each(['[{"error": 1}]', "<html>", "", '{"a": '])("leaves alone what is no object: %j", (body) => {
    expect(told(body)).toBe(body);
  });

  it("cuts what an error says where it is long", () => {
    const body = withRecord(Buffer.from("{}"), exchangeOf("both", 1, "x".repeat(100_000)));
    expect(body.length).toBeLessThan(1500);
  });

  it("is not there where only the header is asked for, or nothing", () => {
    for (const place of ["headers", undefined] as const) {
      const body = Buffer.from("{}");
      expect(withRecord(body, exchangeOf(place, 1))).toBe(body);
      expect(recordComment(exchangeOf(place, 1))).toBe("");
    }
  });
});
