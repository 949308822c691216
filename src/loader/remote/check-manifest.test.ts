import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type ThrowAway, throwAway } from "../../../test/support/throw-away-packages.js";
import { readManifest } from "../manifest.js";

let room: ThrowAway;
beforeEach(async () => {
  room = await throwAway();
});
afterEach(() => room.remove());

const read = async (parlance: Record<string, unknown>) => readManifest(await room.plugin("subject", parlance));

describe("the manifest of a plugin out of the gateway's thread", () => {
  it("names a command in the place of a module", async () => {
    const found = await read({ entry: undefined, command: ["python3", "main.py"] });
    expect(found?.problems).toEqual([]);
    expect(found?.manifest).toMatchObject({ command: ["python3", "main.py"], entry: undefined });
  });

  it("names where a module runs by default, and the variables that it is given there", async () => {
    const found = await read({ isolation: "worker", environment: { pass: ["AWS_REGION"] } });
    expect(found?.manifest).toMatchObject({ isolation: "worker", environment: { pass: ["AWS_REGION"] } });
  });

  it.each([
    [{ command: ["a"] }, '"parlance.entry" and "parlance.command" exclude one another'],
    [{ entry: undefined, command: "python3 main.py" }, '"parlance.command" is "python3 main.py"; it must be the words'],
    [{ entry: undefined, command: [] }, '"parlance.command" is []'],
    [{ isolation: "thread" }, '"parlance.isolation" is "thread"; it must be one of in_process, worker, process.'],
    [{ entry: undefined, command: ["a"], isolation: "worker" }, "always has its own process"],
    [{ environment: { pass: "AWS_REGION" } }, '"parlance.environment.pass" is "AWS_REGION"'],
    [{ environment: { pass: ["PARLANCE_ADMIN_KEY"] } }, "none of them the gateway's"],
  ])("is refused: %j", async (parlance, problem) => {
    const { problems } = (await read(parlance)) ?? { problems: [] };
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain(problem);
  });
});
