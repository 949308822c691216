import { describe, expect, it } from "vitest";
import { configOf, problemsOf } from "../../test/support/config-problems.js";

describe("a setting of each kind", () => {
  it("is read from YAML", () => {
    const config = configOf(`
server:
  host: 0.0.0.0
  port: 0
  drain: 1m30s
  max_body_bytes: 2048
  cors_origins: [ "https://a.example" ]
providers:
  a:
    plugin: openai
    headers: { x-team: search }
    timeouts: { idle: 500ms }
    settings: { deep: [ 1, true, null, { text: "y" } ] }
models:
  m:
    targets:
      - { provider: a, model: x, priority: 2, price: { input: "2.50", output: "10" } }
`);
    expect(config.server).toMatchObject({
      host: "0.0.0.0",
      port: 0,
      drain: { seconds: 90n, nanos: 0 },
      maxBodyBytes: 2048n,
      corsOrigins: ["https://a.example"],
    });
    expect(config.providers.a).toMatchObject({
      plugin: "openai",
      headers: { "x-team": "search" },
      timeouts: { idle: { seconds: 0n, nanos: 500_000_000 } },
      settings: { deep: [1, true, null, { text: "y" }] },
    });
    expect(config.models.m?.targets[0]).toMatchObject({ priority: 2, price: { input: "2.50", output: "10" } });
  });

  it("is the same in JSON", () => {
    const yaml = "providers: { a: { plugin: openai, timeouts: { connect: 2s } } }\nlog: { level: warn }\n";
    const json = '{"providers":{"a":{"plugin":"openai","timeouts":{"connect":"2s"}}},"log":{"level":"warn"}}';
    expect(configOf(json)).toEqual(configOf(yaml));
  });

  it("may be commented out to the last one, and leave an empty mapping or list", () => {
    expect(configOf("server:\nproviders:\nmodels:\nplugins:\n  paths:\nlog:\n")).toMatchObject(configOf(""));
    expect(configOf("# nothing\n")).toEqual(configOf("{}"));
  });
});

describe("a key that is not known", () => {
  it.each([
    ["sever: { port: 1 }", '1:1 sever: is not a setting. Did you mean "server"?'],
    ["server:\n  prot: 1", '2:3 server.prot: is not a setting. Did you mean "port"?'],
    [
      "server:\n\n\n  # a comment\n  maxBodyBytes: 1",
      '5:3 server.maxBodyBytes: is not a setting. Did you mean "max_body_bytes"?',
    ],
    ["port: 8080", '1:1 port: is not a setting. Did you mean "server.port"?'],
    ["log:\n  api_key: x", '2:3 log.api_key: is not a setting. Did you mean "providers.<name>.api_key"?'],
    [
      "zzz: 1",
      "1:1 zzz: is not a setting. Known are server, providers, models, plugins, log, store, admin, catalog, resilience, load, routing.",
    ],
    [
      "catalog:\n  models:\n    - provider: simulator\n      model: echo\n      price: { wait: 3 }",
      "5:16 catalog.models[0].price.wait: is not a setting. Known are input, output, cache_read, cache_write.",
    ],
    ['{"server": {\n"prot": 1}}', '2:1 server.prot: is not a setting. Did you mean "port"?'],
  ])("is told with its place and what was meant: %j", (yaml, line) => {
    expect(problemsOf(yaml)).toContain(`p.yaml:${line}`);
  });

  it("is told once: what is missing for its sake is not", () => {
    const yaml = "providers:\n  simulator:\nmodels:\n  m:\n    targets:\n      - { provider: simulator, modle: echo }";
    expect(problemsOf(yaml)).toEqual([
      'p.yaml:6:32 models.m.targets[0].modle: is not a setting. Did you mean "model"?',
    ]);
  });

  it.each(["__proto__", "constructor", "toString", "$typeName"])("may be %s", (key) => {
    expect(problemsOf(`"${key}": 1`)[0]).toContain("is not a setting.");
  });
});

describe("a value of the wrong kind", () => {
  it.each([
    ["server: 1", "1:1 server: must be a mapping of settings, not a number."],
    ["[]", "1:1 must be a mapping of settings, not an array."],
    ["just text", "1:1 must be a mapping of settings, not a string."],
    ["server: { host: 127 }", "1:11 server.host: must be text, not a number. Put it in quotes."],
    ["server: { host: [ a ] }", "1:11 server.host: must be text, not an array."],
    ["server: { host: }", "1:11 server.host: has no value. Give it text, or leave it out."],
    ['server: { port: "80" }', "1:11 server.port: must be a whole number, not a string."],
    ["server: { port: 80.5 }", "1:11 server.port: must be a whole number, not 80.5."],
    ["server: { port: .inf }", "1:11 server.port: must be a whole number, not Infinity."],
    ["server: { port: true }", "1:11 server.port: must be a whole number, not a boolean."],
    ["server: { port: 9999999999 }", "1:11 server.port: must be at most 2147483647."],
    ["server: { port: -9999999999 }", "1:11 server.port: must be at least -2147483647."],
    [
      "server: { max_body_bytes: 99999999999999999999 }",
      "1:11 server.max_body_bytes: must be at most 9007199254740991.",
    ],
    ["server: { cors_origins: a }", "1:11 server.cors_origins: must be a list, not a string."],
    ["server: { cors_origins: [ 1 ] }", "1:27 server.cors_origins[0]: must be text, not a number. Put it in quotes."],
    ["providers: [ a ]", "1:1 providers: must be a mapping by name, not an array."],
    ["providers: { simulator: 1 }", "1:14 providers.simulator: must be a mapping of settings, not a number."],
    [
      "providers: { simulator: { headers: { a: 1 } } }",
      "1:38 providers.simulator.headers.a: must be text, not a number. Put it in quotes.",
    ],
    [
      "providers: { simulator: { settings: [] } }",
      "1:27 providers.simulator.settings: must be a mapping of settings, not an array.",
    ],
    [
      "providers: { simulator: { settings: { a: [ .nan ] } } }",
      "1:44 providers.simulator.settings.a[0]: must be a number that JSON can hold.",
    ],
    ["server: { drain: 10 }", '1:11 server.drain: must be a duration such as "500ms", "10s" or "10m", not a number.'],
    ["server: { drain: 10 s }", '1:11 server.drain: must be a duration such as "500ms", "10s" or "10m".'],
    ["server: { drain: 25d }", "1:11 server.drain: must be at most 24 days."],
    ['providers: { "__proto__": {} }', "1:14 providers.__proto__: cannot be a name."],
  ])("is told: %s", (yaml, line) => {
    expect(problemsOf(yaml)).toEqual([`p.yaml:${line}`]);
  });

  it("is told together with every other, in the order of the file", () => {
    const yaml = `
log: { level: loud }
server:
  port: eighty
  prot: 1
  drain: soon
providers:
  a: { plugin: opnai }
models:
  m:
    targets:
      - { provider: b, model: 7 }
      - { provider: a, model: x, priority: -1 }
`;
    expect(problemsOf(yaml).map((line) => line.split(" ").slice(0, 2).join(" "))).toEqual([
      "p.yaml:2:8 log.level:",
      "p.yaml:4:3 server.port:",
      "p.yaml:5:3 server.prot:",
      "p.yaml:6:3 server.drain:",
      "p.yaml:8:8 providers.a.plugin:",
      "p.yaml:12:11 models.m.targets[0].provider:",
      "p.yaml:12:24 models.m.targets[0].model:",
      "p.yaml:13:34 models.m.targets[1].priority:",
    ]);
  });

  it("keeps the number of what stands behind it in a list", () => {
    expect(problemsOf("plugins: { allow: [ 1, zzzz ] }")).toEqual([
      "p.yaml:1:21 plugins.allow[0]: must be text, not a number. Put it in quotes.",
      'p.yaml:1:24 plugins.allow[1]: There is no plugin "zzzz".',
    ]);
  });
});
