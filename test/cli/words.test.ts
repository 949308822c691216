import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { buildProgram, runProgram } from "../kits/program.js";

let cwd: string;
beforeAll(() => {
  buildProgram();
  cwd = mkdtempSync(join(tmpdir(), "parlance-cli-"));
}, 120_000);
afterAll(() => rmSync(cwd, { recursive: true }));

describe("a command that is understood", () => {
  it("tells its version on standard output", async () => {
    const { version } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")) as {
      version: string;
    };
    expect(await runProgram(["--version"], { cwd })).toMatchObject({ code: 0, out: `${version}\n`, error: "" });
  });

  it.each([
    [["--help"], ["serve", "config", "models", "chat"]],
    [
      ["serve", "--help"],
      ["--config", "--host", "--port", "--log-level"],
    ],
    [
      ["config", "check", "--help"],
      ["--config", "--json"],
    ],
    [
      ["models", "--help"],
      ["--config", "--url", "--json"],
    ],
    [
      ["chat", "--help"],
      ["--model", "--system", "--url"],
    ],
  ])("tells its use: %j", async (args, words) => {
    const { code, out } = await runProgram(args, { cwd });
    expect(code).toBe(0);
    for (const word of words) expect(out).toContain(word);
  });
});

describe("a command that is not understood says why, ends with 2 and does nothing", () => {
  it.each([
    [[], "Usage: parlance"],
    [["serv"], "unknown command 'serv'\n(Did you mean serve?)"],
    [["serve", "--prot", "1"], "unknown option '--prot'\n(Did you mean --port?)"],
    [["serve", "--port", "http"], "'http' is invalid. It must be a number from 0 to 65535."],
    [["serve", "--port", "65536"], "'65536' is invalid. It must be a number from 0 to 65535."],
    [["serve", "--host", ""], "It must not be empty."],
    [["serve", "--log-level", "loud"], "Allowed choices are debug, info, warn, error, silent."],
    [["serve", "now"], "too many arguments for 'serve'"],
    [["config"], "Usage: parlance config"],
    [["config", "chek"], "unknown command 'chek'\n(Did you mean check?)"],
    [["chat", "--model"], "option '-m, --model <model>' argument missing"],
  ])("%j", async (args, message) => {
    const { code, out, error } = await runProgram(args, { cwd });
    expect({ code, out }).toEqual({ code: 2, out: "" });
    expect(error).toContain(message);
  });
});
