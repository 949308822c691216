import { Writable } from "node:stream";
import { describe, expect, it } from "vitest";
import { censor, createLog } from "./log.js";

function lines(write: (log: ReturnType<typeof createLog>) => void, level = "info"): Record<string, unknown>[] {
  let text = "";
  const log = createLog(
    level,
    new Writable({
      write(bytes: Buffer, _encoding, done) {
        text += bytes.toString("utf8");
        done();
      },
    }),
  );
  write(log);
  log.flush();
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

describe("the log", () => {
  it("writes JSON lines with a level by name and the time to the millisecond", () => {
    const before = Date.now();
    const [line] = lines((log) => log.write("info", { msg: "exchange", model: "m" }));
    expect(line).toMatchObject({ level: "info", msg: "exchange", model: "m" });
    expect(line?.time).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    expect(Date.parse(line?.time as string)).toBeGreaterThanOrEqual(before);
    expect(Date.parse(line?.time as string)).toBeLessThanOrEqual(Date.now());
  });

  it("keeps to its level", () => {
    expect(lines((log) => log.write("info", { msg: "x" }), "warn")).toEqual([]);
  });

  it("never writes what is named like a secret, at any depth", () => {
    const record = {
      api_key: "s1",
      apiKey: "s2",
      provider: { headers: { authorization: "s3" }, name: "a", deeper: { "x-api-key": "s4", set_cookie: "s5" } },
      input_tokens: 7,
    };
    const [line] = lines((log) => log.write("info", record));
    expect(JSON.stringify(line)).not.toMatch(/s[1-5]/);
    expect(line).toMatchObject({ provider: { name: "a" }, input_tokens: 7 });
    expect(record.api_key).toBe("s1");
  });

  it("copies nothing where there is no secret", () => {
    const record = { a: 1, b: { c: 2 } };
    expect(censor(record)).toBe(record);
  });
});
