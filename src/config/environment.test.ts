import { describe, expect, it } from "vitest";
import { configOf, problemsOf } from "../../test/support/config-problems.js";
import { fillVariables } from "./environment.js";

describe("a text with variables", () => {
  it.each([
    ["${A}", "one"],
    ["x${A}y${B}z", "xoneytwoz"],
    ["${A:-else}", "one"],
    ["${NONE:-else}", "else"],
    ["${NONE:-}", ""],
    ["${EMPTY:-else}", "else"],
    ["${EMPTY}", ""],
    ["${NONE:-a:-b $ c: d}", "a:-b $ c: d"],
    ["$${A}", "${A}"],
    ["$A and $ and {A}", "$A and $ and {A}"],
    ["${REFERS}", "${A}"],
    ["${DOLLARS}", "$& $1 $$"],
  ])("%s becomes %s", (text, filled) => {
    const environment = { A: "one", B: "two", EMPTY: "", REFERS: "${A}", DOLLARS: "$& $1 $$" };
    expect(fillVariables(text, environment)).toEqual({ text: filled, missing: [], malformed: [] });
  });

  it("tells every variable that is missing", () => {
    expect(fillVariables("${A}${B}", {}).missing).toEqual(["A", "B"]);
  });

  it.each(["${", "${A", "${}", "${A B}", "${1}", "${A-x}", "${A:-${B}}"])("tells that %s is no reference", (text) => {
    expect(fillVariables(text, { A: "one", B: "two" }).malformed).toHaveLength(1);
  });
});

describe("a configuration with variables", () => {
  it("tells a missing one with its place, and one of nearly that name", () => {
    const yaml = "providers:\n  openai:\n    api_key: ${OPENAI_KEY_TEAM}\n";
    expect(problemsOf(yaml, { OPENAI_KEY_TEAMS: "secret" })).toEqual([
      "p.yaml:3:5 providers.openai.api_key: needs the environment variable OPENAI_KEY_TEAM, which is not set. " +
        'Set it, or write ${OPENAI_KEY_TEAM:-default}. Did you mean "OPENAI_KEY_TEAMS"?',
    ]);
  });

  it("tells one that is not written as one", () => {
    const [problem] = problemsOf('providers: { openai: { api_key: "${OPENAI_API_KEY" } }', {
      OPENAI_API_KEY: "secret",
    });
    expect(problem).toContain('providers.openai.api_key: holds "${OPENAI_API_KEY", which is no reference');
    expect(problem).not.toContain("secret");
  });

  it("takes what would be structure as text", () => {
    const trap = '", plugin: "simulator" }, x: { headers: {\n  evil: 1 # ';
    const config = configOf("providers:\n  a: { plugin: openai, settings: { name: '${TRAP}' } }\n", { TRAP: trap });
    expect(Object.keys(config.providers)).toEqual(["a"]);
    expect(config.providers.a?.settings).toEqual({ name: trap });
  });

  it("fills numbers, durations and truths from text, with the white space around them left out", () => {
    const config = configOf("server: { port: '${PORT}', drain: '${DRAIN:-5s}', max_body_bytes: '${MAX}' }", {
      PORT: " 9000\n",
      MAX: "4096",
    });
    expect(config.server).toMatchObject({ port: 9000, drain: { seconds: 5n }, maxBodyBytes: 4096n });
  });

  it("tells a number that is none without telling the variable's value", () => {
    expect(problemsOf("server: { port: '${PORT}' }", { PORT: "s3cret" })).toEqual([
      "p.yaml:1:11 server.port: must be a whole number, not a string.",
    ]);
  });

  it("takes an empty credential and an empty address as none", () => {
    const { api, base } = configOf(
      'providers: { api: { plugin: openai, api_key: "${K:-}" }, base: { plugin: openai, base_url: "${U:-}" } }',
    ).providers;
    expect(api?.apiKey).toBeUndefined();
    expect(base?.baseUrl).toBeUndefined();
  });

  it("fills values only, and says so where a name holds one", () => {
    expect(problemsOf('providers: { "${NAME}": { plugin: openai } }', { NAME: "a" })).toEqual([
      'p.yaml:1:14 providers["${NAME}"]: holds a variable, and these are filled in values only.',
    ]);
  });
});
