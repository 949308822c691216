import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { configOf, plugins, problemsOf } from "../../test/support/config-problems.js";

const withModel = (target: string): string =>
  `providers: { a: { plugin: openai } }\nmodels: { m: { targets: [ ${target} ] } }`;

describe("a valid configuration", () => {
  it.each([
    "server: { port: 65535, host: '::', cors_origins: [ '*', 'https://a.example:8443', 'capacitor://localhost' ] }",
    "server: { max_body_bytes: 1024, drain: 0s }",
    'providers: { a: { plugin: openai, base_url: "HTTP://localhost:1/v1/", headers: { X-Team: "a b" } } }',
    "plugins: { allow: [ simulator ], disable: [ simulator ] }",
    "admin: { key: sesame-0!~ }",
    "admin: { key: '' }",
    "log: { level: silent }",
    "providers: { a: { plugin: openai, isolation: worker, supervision: { memory_limit: 64, start_timeout: 5s } } }",
    "providers: { a: { address: 'unix:/run/a.sock' }, b: { address: 'http://10.0.0.1:50051', settings: { any: 1 } } }",
    "providers: { a: { address: 'https://a.example:443', supervision: { token: t, ca_file: a.pem, health_interval: 5s } } }",
    "catalog: { url: 'https://a.example/x', refresh: 1m, models: [ { provider: 'a*', model: '*', price: { input: '0', output: '0' }, abilities: [ tools ] } ] }",
    "providers: { a: { plugin: openai, catalog: acme, credentials: [ { api_key: x, weight: 0 }, { api_key: y } ] } }",
    "load: { max_in_flight: 1, queue: 0, queue_timeout: 1ms, max_memory: 1, max_delay: 1ms }",
    "resilience: { concurrency: { max_in_flight: 10, queue: 0, adaptive: true } }",
    "store: { kind: memory, max_bytes: 1048576, keep_days: 1 }",
    "resilience: { retry: { retries: 0, at: each, max_wait: 0s, on: { provider_timeout: retry } }, max_rest: 0s }",
    withModel("{ provider: a, model: x/y:z, price: { input: '0', output: '0.000000001', cache_read: '1' } }"),
  ])("has no problem: %s", (yaml) => {
    expect(problemsOf(yaml)).toEqual([]);
  });
});

describe("what a type cannot say is checked", () => {
  it.each([
    ["server: { port: 65536 }", "server.port: must be from 0 to 65535, not 65536."],
    ["server: { port: -1 }", "server.port: must be from 0 to 65535, not -1."],
    ["server: { host: '' }", "server.host: must not be empty. Write 0.0.0.0 or :: for every address."],
    ["server: { max_body_bytes: 1023 }", "server.max_body_bytes: must be from 1024 to 2147483647."],
    ["server: { max_body_bytes: 4294967296 }", "server.max_body_bytes: must be from 1024 to 2147483647."],
    ["server: { header_timeout: 0s }", "server.header_timeout: must be longer than nothing."],
    ["server: { body_timeout: 0ms }", "server.body_timeout: must be longer than nothing."],
    ["server: { request_timeout: 0s }", "server.request_timeout: must be longer than nothing."],
    [
      "server: { cors_origins: [ a.example ] }",
      'server.cors_origins[0]: must be an origin such as "https://app.example.com", or "*" for any.',
    ],
    [
      "server: { cors_origins: [ 'https://A.example:443/' ] }",
      'server.cors_origins[0]: is not what a browser sends as its origin. Did you mean "https://a.example"?',
    ],
    ["store: { kind: redi }", 'store.kind: cannot be "redi". In this version it can be sqlite, memory.'],
    ["store: { path: '' }", "store.path: must not be empty. Leave it out for the usual folder."],
    ["store: { max_bytes: 1 }", "store.max_bytes: must be 1048576 at least."],
    ["store: { keep_days: 0 }", "store.keep_days: must be from 1 to 3650, not 0."],
    ["load: { max_in_flight: 0 }", "load.max_in_flight: must be 1 or more, not 0."],
    ["load: { queue: -1 }", "load.queue: must be 0 or more, not -1."],
    [
      "load: { queue_timeout: 0s }",
      "load.queue_timeout: must be longer than nothing. To have nobody wait, write `queue: 0`.",
    ],
    ["load: { max_memory: 0 }", "load.max_memory: must be 1 MiB or more, not 0."],
    ["load: { max_delay: 0s }", "load.max_delay: must be longer than nothing."],
    [
      "resilience: { concurrency: { max_in_flight: 0 } }",
      "resilience.concurrency.max_in_flight: must be 1 or more, not 0.",
    ],
    [
      withModel("{ provider: a, model: x, concurrency: { queue: -1 } }"),
      "models.m.targets[0].concurrency.queue: must be 0 or more, not -1.",
    ],
    ["server: { tls: { } }", "server.tls.cert_file: is required to serve TLS."],
    [
      "providers: { a/b: { plugin: openai } }",
      'providers["a/b"]: needs a name without slashes and without white space.',
    ],
    [
      "providers: { 'a b': { plugin: openai } }",
      'providers["a b"]: needs a name without slashes and without white space.',
    ],
    ...[
      [
        "isolation: thread, plugin: openai",
        'isolation: cannot be "thread". In this version it can be in_process, worker, process.',
      ],
      ["address: 'unix:run.sock'", "address: must name the absolute path of a socket, such as unix:/run/acme.sock."],
      ["address: 'localhost:1'", "address: must be unix:/path, http://host:port or https://host:port."],
      ["address: 'http://a:b@c:1'", "address: must hold no credential. Put it into supervision.token."],
      ["address: 'http://c:1/v1'", "address: must end after the port."],
      ["address: 'http://c:1', plugin: openai", "plugin: goes without address: somebody else runs the plugin."],
      ["address: 'http://c:1', isolation: worker", "isolation: goes without address: somebody else runs the plugin."],
      [
        "address: 'http://c:1', supervision: { memory_limit: 99 }",
        "supervision.memory_limit: goes without address: somebody else runs the plugin.",
      ],
      ["plugin: openai, supervision: { token: t }", "supervision.token: goes with address only."],
      [
        "address: 'http://c:1', supervision: { ca_file: a.pem }",
        "supervision.ca_file: goes with an address that begins with https:// only.",
      ],
      ["plugin: openai, supervision: { memory_limit: 1 }", "supervision.memory_limit: must be 32 (MiB) at least."],
      ["plugin: openai, supervision: { crash_budget: 0 }", "supervision.crash_budget: must be 1 at least."],
      ["plugin: openai, supervision: { health_interval: 1ms }", "supervision.health_interval: must be 50ms at least."],
    ].map(([provider, problem]): [string, string] => [`providers: { x: { ${provider} } }`, `providers.x.${problem}`]),
    [
      "providers: { opnai: {} }",
      'providers.opnai: There is no plugin "opnai". Name the plugin with "plugin". Did you mean "openai"?',
    ],
    [
      "providers: { a: { plugin: zzzzzz } }",
      'providers.a.plugin: There is no plugin "zzzzzz". Found are simulator, openai, anthropic.',
    ],
    [
      "providers: { openai: {} }\nplugins: { allow: [ simulator ] }",
      'providers.openai: The plugin "openai" may not be loaded: it is not in plugins.allow.',
    ],
    [
      "plugins: { disable: [ simulatr ] }",
      'plugins.disable[0]: There is no plugin "simulatr". Did you mean "simulator"?',
    ],
    [
      "admin: { key: 'two words' }",
      "admin.key: holds what a bearer key cannot: white space, or something other than visible ASCII.",
    ],
    ["plugins: { allow: [ simulatr ] }", 'plugins.allow[0]: There is no plugin "simulatr". Did you mean "simulator"?'],
    [
      "providers: { openai: { base_url: localhost:80 } }",
      "providers.openai.base_url: must begin with http:// or https://.",
    ],
    ["providers: { openai: { base_url: 'http://a b' } }", "providers.openai.base_url: is not a URL."],
    [
      "providers: { openai: { base_url: 'http://me:pw@host' } }",
      "providers.openai.base_url: must hold no credential. Put it into api_key or headers.",
    ],
    [
      'providers: { openai: { api_key: "sk-1\\n" } }',
      "providers.openai.api_key: holds what no credential can hold: a line break, or something other than visible ASCII. There is white space around it.",
    ],
    [
      "providers: { openai: { api_key: a, credentials: [ { api_key: b } ] } }",
      'providers.openai.api_key: cannot stand beside "credentials". Make it one of them.',
    ],
    [
      "providers: { openai: { credentials: [ { api_key: a, name: one }, { api_key: b, name: one } ] } }",
      'providers.openai.credentials[1].name: The credential "one" is there already, at place 1 of the list.',
    ],
    [
      "providers: { openai: { credentials: [ { api_key: a, name: '2' }, { api_key: b } ] } }",
      'providers.openai.credentials[1]: The credential "2" is there already, at place 1 of the list.',
    ],
    [
      "providers: { openai: { credentials: [ { api_key: a, name: ' ' } ] } }",
      "providers.openai.credentials[0].name: must be a name without control characters, and without white space around it.",
    ],
    [
      "providers: { openai: { credentials: [ { api_key: '' } ] } }",
      "providers.openai.credentials[0].api_key: is required where the credential is not among its own settings.",
    ],
    [
      'providers: { openai: { credentials: [ { api_key: "a\\n" } ] } }',
      "providers.openai.credentials[0].api_key: holds what no credential can hold: a line break, or something other than visible ASCII. There is white space around it.",
    ],
    [
      "providers: { openai: { credentials: [ { api_key: a, weight: -1 }, { api_key: b } ] } }",
      "providers.openai.credentials[0].weight: must be 0 or more, not -1.",
    ],
    [
      "providers: { openai: { credentials: [ { api_key: a, weight: 0 }, { api_key: b, weight: 0 } ] } }",
      "providers.openai.credentials: need one at least whose weight is above 0.",
    ],
    [
      "providers: { openai: { headers: { 'a b': x } } }",
      'providers.openai.headers["a b"]: is not the name of a header.',
    ],
    [
      "providers: { openai: { headers: { Content-Length: '1' } } }",
      "providers.openai.headers.Content-Length: is set by the gateway itself.",
    ],
    [
      'providers: { openai: { headers: { x-a: "a\\r\\nb: c" } } }',
      "providers.openai.headers.x-a: holds a sign that a header cannot carry.",
    ],
    [
      "providers: { openai: { timeouts: { idle: 0s } } }",
      "providers.openai.timeouts.idle: must be longer than nothing.",
    ],
    [
      "providers: { openai: { timeouts: { first_content: 0s } } }",
      "providers.openai.timeouts.first_content: must be longer than nothing.",
    ],
    [
      "providers: { openai: { timeouts: { attempt: 0s } } }",
      "providers.openai.timeouts.attempt: must be longer than nothing.",
    ],
    [
      "providers: { openai: { timeouts: { min_rate: -1 } } }",
      "providers.openai.timeouts.min_rate: must be 0 or more, not -1.",
    ],
    ["resilience: { retry: { retries: -1 } }", "resilience.retry.retries: must be 0 or more, not -1."],
    ["resilience: { retry: { max_attempts: 0 } }", "resilience.retry.max_attempts: must be 1 or more, not 0."],
    [
      "resilience: { retry: { at: first } }",
      'resilience.retry.at: cannot be "first". In this version it can be last, each.',
    ],
    [
      "resilience: { retry: { on: { provider_eror: next } } }",
      'resilience.retry.on.provider_eror: There is no error code "provider_eror". Did you mean "provider_error"?',
    ],
    [
      "providers: { openai: {} }\nmodels: { m: { targets: [ { provider: openai, model: x } ], retry: { on: { provider_error: rety } } } }",
      'models.m.retry.on.provider_error: cannot be "rety". In this version it can be retry, next, stop. Did you mean "retry"?',
    ],
    [
      "log: { level: wran }",
      'log.level: cannot be "wran". In this version it can be debug, info, warn, error, silent. Did you mean "warn"?',
    ],
    [
      "catalog: { models: [ { provider: a } ] }",
      "catalog.models[0].model: is required: a model's name, or a pattern with * in it.",
    ],
    [
      "providers: { openai: {} }\ncatalog: { models: [ { provider: opnai, model: x } ] }",
      'catalog.models[0].provider: There is no provider "opnai". Did you mean "openai"?',
    ],
    [
      "catalog: { models: [ { model: x, price: { input: 1 USD, output: '1' } } ] }",
      'catalog.models[0].price.input: must be decimal dollars for a million tokens, as text: "2.50".',
    ],
    [
      "catalog: { models: [ { model: x, context_window: 0 } ] }",
      "catalog.models[0].context_window: must be 1 or more, not 0.",
    ],
    [
      "catalog: { models: [ { model: x, abilities: [ tols ] } ] }",
      'catalog.models[0].abilities[0]: cannot be "tols". In this version it can be tools, json_schema, reasoning, streaming, prefill. Did you mean "tools"?',
    ],
    [
      "catalog: { models: [ { model: x, input_modalities: [ text, embedding ] } ] }",
      'catalog.models[0].input_modalities[1]: cannot be "embedding". In this version it can be text, image, audio, video, file.',
    ],
    [
      "catalog: { models: [ { model: x, output_modalities: [ file ] } ] }",
      'catalog.models[0].output_modalities[0]: cannot be "file". In this version it can be text, image, audio, embedding.',
    ],
    ["catalog: { url: a.example/data.json }", "catalog.url: must begin with http:// or https://."],
    ["catalog: { url: 'https://me:pw@a.example' }", "catalog.url: must hold no credential."],
    ["catalog: { refresh: 30s }", "catalog.refresh: must be 1m at least."],
    ["models: { m: { } }", "models.m.targets: needs at least one target, or an alias in their place."],
    ["models: { m: { targets: [ {} ] } }", "models.m.targets[0].provider: is required: the name of a provider."],
    [withModel("{ provider: a }"), "models.m.targets[0].model: is required: the provider's own name for the model."],
    [
      withModel("{ provider: a, model: ' x' }"),
      "models.m.targets[0].model: holds control characters, or white space around it.",
    ],
    [
      "providers: { claude: { plugin: anthropic } }\nmodels: { m: { targets: [ { provider: cluade, model: x } ] } }",
      'models.m.targets[0].provider: There is no provider "cluade". Did you mean "claude"?',
    ],
    [
      withModel("{ provider: anthropic, model: x }"),
      'models.m.targets[0].provider: There is no provider "anthropic". Add `anthropic: {}` to providers, with its credential.',
    ],
    [withModel("{ provider: a, model: x, priority: -1 }"), "models.m.targets[0].priority: must be 0 or more, not -1."],
    [
      withModel("{ provider: a, model: x, price: { input: '1,5', output: '1' } }"),
      'models.m.targets[0].price.input: must be decimal dollars for a million tokens, as text: "2.50".',
    ],
    [
      withModel("{ provider: a, model: x, price: { input: '1' } }"),
      'models.m.targets[0].price.output: is required: decimal dollars for a million tokens, as text: "2.50".',
    ],
    [
      withModel("{ provider: a, model: x, price: { input: '-1', output: '1', cache_write: '' } }"),
      'models.m.targets[0].price.cache_write: is required: decimal dollars for a million tokens, as text: "2.50".',
    ],
    [
      "models: { m: { strategy: weightd, targets: [] } }",
      'models.m.strategy: cannot be "weightd". In this version it can be priority, weighted, round_robin, least_busy, lowest_latency, cheapest, cascade. Did you mean "weighted"?',
    ],
    [
      "models: { ' m': { targets: [] } }",
      'models[" m"]: needs a name without control characters, and without white space around it.',
    ],
  ])("%s", (yaml, problem) => {
    expect(problemsOf(yaml).map((line) => line.replace(/^p\.yaml:\d+:\d+ /, ""))).toContain(problem);
  });

  it("tells no credential and no header's value", () => {
    const yaml =
      'providers: { openai: { api_key: "s3cret\\n", base_url: "http://u:s3cret@h", headers: { x-a: "s3cret\\n" } } }';
    const told = problemsOf(yaml);
    expect(told).toHaveLength(3);
    expect(told.join()).not.toContain("s3cret");
  });
});

describe("settings of a plugin's own", () => {
  const choosy = {
    name: "choosy",
    environment: {},
    checkSettings: (settings: object) =>
      "limits" in settings ? [{ path: "limits[1].name", message: "It is required." }] : [],
  };

  it("are checked by the plugin's schema, and told with their place", () => {
    const yaml =
      "providers:\n  a:\n    plugin: choosy\n    settings:\n      limits:\n        - { name: x }\n        - { }\n";
    expect(problemsOf(yaml, {}, [...plugins, choosy])).toEqual([
      "p.yaml:7:11 providers.a.settings.limits[1].name: It is required.",
    ]);
  });

  it("are checked when there are none", () => {
    const needy = { ...choosy, checkSettings: () => [{ path: "region", message: "It is required." }] };
    expect(problemsOf("providers: { choosy: }", {}, [needy])).toEqual([
      "p.yaml:1:14 providers.choosy.settings.region: It is required.",
    ]);
  });
});

describe("files that TLS is served with", () => {
  const certificates = fileURLToPath(new URL("../../test/certificates/", import.meta.url));
  const cert = join(certificates, "localhost.cert.pem");
  const key = join(certificates, "localhost.key.pem");
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "parlance-tls-"));
    writeFileSync(join(folder, "broken.pem"), "not a certificate");
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it("are read and tried", () => {
    expect(configOf(`server: { tls: { cert_file: "${cert}", key_file: "${key}" } }`).server?.tls?.certFile).toBe(cert);
  });

  it("are told when they cannot be read", () => {
    const yaml = `server: { tls: { cert_file: "${folder}/none.pem", key_file: "${key}" } }`;
    expect(problemsOf(yaml)[0]).toMatch(
      /^p\.yaml:1:18 server\.tls\.cert_file: names a file that cannot be read: ENOENT/,
    );
  });

  it("are told when they are of no use", () => {
    const yaml = `server: { tls: { cert_file: "${folder}/broken.pem", key_file: "${key}" } }`;
    expect(problemsOf(yaml)[0]).toMatch(/^p\.yaml:1:11 server\.tls: cannot be served with these files: /);
  });
});
