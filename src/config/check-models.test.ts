import { describe, expect, it } from "vitest";
import { problemsOf } from "../../test/support/config-problems.js";

const providers = "providers: { a: { plugin: openai }, b: { plugin: openai } }\n";
const problems = (models: string): string[] =>
  problemsOf(`${providers}${models}`).map((line) => line.replace(/^p\.yaml:\d+:\d+ /, ""));
const target = "{ provider: a, model: x }";
const withModel = (more: string): string => `models: { m: { targets: [ ${target} ], ${more} } }`;
const withTarget = (more: string): string => `models: { m: { targets: [ { provider: a, model: x, ${more} } ] } }`;

describe("models are as they should be", () => {
  it.each([
    "models: { m: { alias: n }, n: { alias: a/x }, 'gpt-*': { targets: [ { provider: a, model: '*' } ] }, o: { alias: gpt-5 } }",
    `models: { m: { strategy: weighted, sticky: 'header:x-user', targets: [ { provider: a, model: x, weight: 0 }, { route: n, weight: 2 } ] }, n: { targets: [ ${target} ] } }`,
    withModel(
      "fallbacks: [ b/y ], context_fallbacks: [ m ], content_fallbacks: [ b/y ], on_cut: continue, timeout: 1m",
    ),
    withModel("strategy: cascade, cascade: { finish: [ length, tool_calls ], schema: false }"),
    withModel("hedge: { after: 500ms, max_percent: 100 }, shadows: [ { provider: b, model: y, percent: 0.5 } ]"),
    withTarget(
      "region: eu, tags: [ fast ], when: { min_tokens: 1, max_tokens: 1, modalities: [ image ], headers: { X-Tier: 'gold*' }, time: { days: [ mon ], from: '22:00', to: '06:00', zone: Europe/Berlin } }",
    ),
    withTarget("canary: { steps: [ { percent: 1, duration: 10m }, { percent: 50 } ], max_ttft: 2s }"),
    withModel("retry: { retries: 0, at: each, on: { provider_error: stop } }"),
    "routing: { allow: [ strategy, on_cut ], latency: { half_life: 5s, explore_percent: 0.5 } }",
  ])("%s", (yaml) => {
    expect(problems(yaml)).toEqual([]);
  });
});

describe("is told with its place and the remedy:", () => {
  it.each([
    ["models: { m: { alias: n } }", 'models.m.alias: There is no model "n".'],
    [
      "models: { smart: { alias: a/x }, m: { alias: samrt } }",
      'models.m.alias: There is no model "samrt". Did you mean "smart"?',
    ],
    [
      `models: { m: { alias: b/y, on_cut: fail, targets: [ ${target} ] } }`,
      'models.m.targets: goes without alias: "m" stands for "b/y" with all that it has.',
    ],
    [
      `models: { m: { alias: b/y, on_cut: fail } }`,
      'models.m.on_cut: goes without alias: "m" stands for "b/y" with all that it has.',
    ],
    [
      "models: { m: { alias: n }, n: { alias: o }, o: { alias: n } }",
      'models.n.alias: makes a circle, so that it would stand for itself: "n" > "o" > "n".',
    ],
    [
      "models: { m: { targets: [ { route: n } ] }, n: { targets: [ { provider: a, model: x }, { route: m } ] } }",
      'models.m.targets[0].route: makes a circle, so that it would stand for itself: "m" > "n" > "m".',
    ],
    [
      "models: { 'm*': { targets: [ { route: mm } ] } }",
      'models["m*"].targets[0].route: makes a circle, so that it would stand for itself: "m*" > "m*".',
    ],
    ["models: { m: { targets: [ { route: n } ] } }", 'models.m.targets[0].route: There is no model "n".'],
    [
      "models: { 'm*': { targets: [ { provider: a, model: x } ] }, n: { alias: 'm*' } }",
      "models.n.alias: must be a name that can be asked for, without *.",
    ],
    [
      "models: { m: { targets: [ { provider: a, route: b/y } ] } }",
      "models.m.targets[0].provider: goes without route: the targets of the other model stand here.",
    ],
    [withModel("fallbacks: [ zz ]"), 'models.m.fallbacks[0]: There is no model "zz".'],
    [withModel("context_fallbacks: [ '' ]"), "models.m.context_fallbacks[0]: is required: the name of a model."],
    [withModel("sticky: session"), 'models.m.sticky: must be key, user or header:<name>, not "session".'],
    [withModel("sticky: 'header:'"), 'models.m.sticky: must name a header after "header:", such as header:x-user.'],
    [withModel("on_cut: stop"), 'models.m.on_cut: cannot be "stop". In this version it can be fail, continue.'],
    [withModel("timeout: 0s"), "models.m.timeout: must be longer than nothing."],
    [withModel("hedge: { max_percent: 101 }"), "models.m.hedge.max_percent: must be from 0 to 100, not 101."],
    [withModel("hedge: { after: 0s }"), "models.m.hedge.after: must be longer than nothing."],
    [
      withModel("shadows: [ { provider: c, model: y } ]"),
      'models.m.shadows[0].provider: There is no provider "c". Did you mean "a"?',
    ],
    [
      withModel("shadows: [ { provider: b } ]"),
      "models.m.shadows[0].model: is required: the provider's own name for the model.",
    ],
    [
      withModel("shadows: [ { provider: b, model: y, percent: -1 } ]"),
      "models.m.shadows[0].percent: must be from 0 to 100, not -1.",
    ],
    [
      withModel("cascade: { finish: [ stop ] }"),
      'models.m.cascade.finish[0]: cannot be "stop". In this version it can be length, content_filter, tool_calls, error.',
    ],
    [withTarget("weight: -1"), "models.m.targets[0].weight: must be 0 or more, not -1."],
    [withTarget("tags: [ ok, ' ' ]"), "models.m.targets[0].tags[1]: must not be empty."],
    [withTarget("region: ''"), "models.m.targets[0].region: must not be empty. Leave it out where it is not known."],
    [
      "models: { m: { targets: [ { provider: a, model: 'x*' } ] } }",
      "models.m.targets[0].model: may hold * only where the model's own name does.",
    ],
    [
      withTarget("when: { min_tokens: 5, max_tokens: 4 }"),
      "models.m.targets[0].when.min_tokens: must not be more than max_tokens, which is 4: no prompt is both.",
    ],
    [withTarget("when: { headers: { 'a b': x } }"), 'models.m.targets[0].when.headers["a b"]: is no name of a header.'],
    [
      withTarget("when: { time: { from: '9:00' } }"),
      'models.m.targets[0].when.time.from: must be a time from 00:00 to 24:00, as HH:MM, not "9:00".',
    ],
    [
      withTarget("when: { time: { from: '09:00', to: '09:00' } }"),
      "models.m.targets[0].when.time.to: is when it begins too: it would never hold.",
    ],
    [
      withTarget("when: { time: { zone: Mars/Base } }"),
      'models.m.targets[0].when.time.zone: There is no time zone "Mars/Base". Write its IANA name, such as Europe/Berlin.',
    ],
    [
      withTarget("when: { time: { days: [ monday ] } }"),
      'models.m.targets[0].when.time.days[0]: cannot be "monday". In this version it can be sun, mon, tue, wed, thu, fri, sat.',
    ],
    [withTarget("canary: { steps: [] }"), "models.m.targets[0].canary.steps: needs at least one step."],
    [
      withTarget("canary: { steps: [ { percent: 0 } ] }"),
      "models.m.targets[0].canary.steps[0].percent: must be above 0 and at most 100, not 0.",
    ],
    [
      withTarget("canary: { steps: [ { percent: 1 }, { percent: 2 } ] }"),
      "models.m.targets[0].canary.steps[0].duration: is required but for the last step: those after it would never come.",
    ],
    ["routing: { allow: [ stratgy ] }", /routing\.allow\[0\]: cannot be "stratgy"\. .* Did you mean "strategy"\?/],
    [
      "routing: { latency: { explore_percent: 101 } }",
      "routing.latency.explore_percent: must be from 0 to 100, not 101.",
    ],
  ])("%s", (yaml, problem) => {
    if (typeof problem === "string") expect(problems(yaml)).toContain(problem);
    else expect(problems(yaml)).toContainEqual(expect.stringMatching(problem));
  });
});
