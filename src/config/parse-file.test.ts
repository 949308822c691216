import { describe, expect, it } from "vitest";
import { configOf, problemsOf } from "../../test/support/config-problems.js";

describe("a key that is written twice", () => {
  it.each([
    ["server:\n  port: 1\n  port: 2", ["3:3 server.port: is written twice. Keep one of them."]],
    ['{"log": {}, "log": {}}', ["1:13 log: is written twice. Keep one of them."]],
    [
      'providers:\n  1: { plugin: openai }\n  "1": { plugin: openai }',
      ["3:3 providers.1: is written twice. Keep one of them."],
    ],
    [
      "log: {}\nlog: {}\nlog: { level: loud }",
      ["2:1 log: is written twice. Keep one of them.", "3:1 log: is written twice. Keep one of them."],
    ],
  ])("is told at its repetition: %j", (yaml, lines) => {
    expect(problemsOf(yaml)).toEqual(expect.arrayContaining(lines.map((line) => `p.yaml:${line}`)));
  });

  it("keeps no other fault from being told", () => {
    expect(problemsOf("log: {}\nlog: {}\nserver: { prot: 1 }")).toHaveLength(2);
  });

  it("is fine where the two are of different mappings", () => {
    expect(problemsOf("providers: { a: { plugin: openai }, b: { plugin: openai } }")).toEqual([]);
  });
});

describe("a name that YAML takes for something else", () => {
  const target = "{ targets: [ { provider: simulator, model: echo } ] }";
  const simulator = "providers: { simulator: {} }";

  it.each([
    ["4.10", "4.1"],
    ["0x10", "16"],
    ["~", "null"],
    ["1e3", "1000"],
    ["007", "7"],
  ])("is told: %s would be %s", (name, wrong) => {
    expect(problemsOf(`${simulator}\nmodels:\n  ${name}: ${target}`)).toEqual([
      `p.yaml:3:3 models: holds the name ${name}, which is ${wrong} to YAML. Put it in quotes.`,
    ]);
  });

  it.each(["gpt-4.1", "7", "true", "4.1", '"4.10"', "no"])("is fine where both read the same: %s", (name) => {
    const models = configOf(`${simulator}\nmodels:\n  ${name}: ${target}`).models;
    expect(Object.keys(models)).toEqual([name.replaceAll('"', "")]);
  });

  it("is told where it is not a name at all", () => {
    expect(problemsOf("providers:\n  ? [ a, b ]\n  : {}")[0]).toBe(
      "p.yaml:2:5 providers: holds a mapping or a list where a name is due. Put values with ${…} in quotes.",
    );
  });
});

describe("a file that cannot be read", () => {
  it.each([
    ["server: { port: 1", /^p\.yaml:1:\d+ .*\.$/],
    ["server:\n\tport: 1", /^p\.yaml:2:1 Tabs are not allowed as indentation\.$/],
    ["a: b: c", /^p\.yaml:1:4 Nested mappings are not allowed/],
    ["providers:\n  a: { api_key: ${KEY} }", /^p\.yaml:2:\d+ .* Put values with \$\{…\} in quotes\.$/],
    ["server: !secret x", /^p\.yaml:1:9 Unresolved tag: !secret\.$/],
    ["--- {}\n--- {}", /^p\.yaml:2:1 /],
    ["log: *none", /^p\.yaml:1:6 log: holds the alias \*none, which no anchor before it has\.$/],
  ])("is told with the line: %j", (text, problem) => {
    expect(problemsOf(text)[0]).toMatch(problem);
  });

  it("is told when an alias is within itself", () => {
    expect(problemsOf("providers: &a\n  b: *a\n")).toEqual([
      "p.yaml:2:6 providers.b: holds the alias *a, of something that it is itself a part of.",
    ]);
  });

  it("is told when aliases of aliases would fill the memory", () => {
    const bomb = ["a0: &a0 [ x, x, x, x, x, x, x, x, x, x ]"];
    for (let i = 1; i < 12; i += 1)
      bomb.push(
        `a${i}: &a${i} [ ${Array(10)
          .fill(`*a${i - 1}`)
          .join(", ")} ]`,
      );
    expect(problemsOf(bomb.join("\n"))[0]).toMatch(/^p\.yaml:1:1 .*alias/i);
  });
});

describe("what is said once", () => {
  it("can be used again by an anchor and a merge, and is told where it stands", () => {
    const yaml = `
providers:
  a: &common { plugin: openai, timeouts: { idle: 1s } }
  b: { <<: *common, base_url: "http://127.0.0.1:1" }
`;
    expect(configOf(yaml).providers.b).toMatchObject({
      plugin: "openai",
      baseUrl: "http://127.0.0.1:1",
      timeouts: { idle: { seconds: 1n } },
    });
    expect(problemsOf(yaml.replace("idle", "idel"))).toEqual([
      'p.yaml:3:44 providers.a.timeouts.idel: is not a setting. Did you mean "idle"?',
      'p.yaml:4:3 providers.b.timeouts.idel: is not a setting. Did you mean "idle"?',
    ]);
  });

  it("is told where the anchor stands, for each that uses it by an alias", () => {
    const yaml = "providers:\n  a: &a { plugin: openai, timeouts: { idel: 1s } }\n  b: *a\n";
    expect(problemsOf(yaml)).toEqual([
      'p.yaml:2:39 providers.a.timeouts.idel: is not a setting. Did you mean "idle"?',
      'p.yaml:2:39 providers.b.timeouts.idel: is not a setting. Did you mean "idle"?',
    ]);
  });
});
