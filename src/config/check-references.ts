import type { Config, ModelConfig } from "../gen/parlance/config/v1/config_pb.js";
import { closestGlob, nearest } from "../sdk/index.js";
import type { Path } from "./problem.js";
import type { Report } from "./reporter.js";

/** Where a model refers to another one. */
interface Reference {
  readonly to: string;
  readonly path: Path;
}

/** Checks that models which are referred to exist, and that none stands for itself by a circle of aliases and groups. */
export function checkReferences({ models, providers }: Config, report: Report): void {
  const names = Object.keys(models);
  /** The entry of `models` that a name is found as; undefined where it is `provider/model`, and null where it is nothing. */
  const entryOf = (name: string): string | undefined | null => {
    if (names.includes(name) && !name.includes("*")) return name;
    const pattern = closestGlob(
      names.filter((one) => one.includes("*")),
      name,
    );
    const isDirect = Object.hasOwn(providers, name.slice(0, Math.max(0, name.indexOf("/"))));
    if (isDirect && !pattern?.slice(0, pattern.indexOf("*")).includes("/")) return undefined;
    return pattern ?? null;
  };
  for (const [name, model] of Object.entries(models)) {
    for (const { to, path } of [...within(name, model), ...fallbacks(name, model)]) {
      if (to === "") report(path, "is required: the name of a model.");
      else if (to.includes("*")) report(path, "must be a name that can be asked for, without *.");
      else if (entryOf(to) === null) {
        report(
          path,
          `There is no model "${to}".`,
          nearest(
            to,
            names.filter((one) => one !== name && !one.includes("*")),
          )[0],
        );
      }
    }
  }
  for (const circle of circles(models, entryOf)) {
    const first = circle[0] as Reference & { readonly from: string };
    const way = [...circle.map(({ from }) => `"${from}"`), `"${first.from}"`].join(" > ");
    report(first.path, `makes a circle, so that it would stand for itself: ${way}.`);
  }
}

/** What a model consists of. */
function within(name: string, { alias, targets }: ModelConfig): Reference[] {
  return [
    ...(alias === undefined ? [] : [{ to: alias, path: ["models", name, "alias"] }]),
    ...targets.flatMap(({ route }, index) =>
      route === undefined ? [] : [{ to: route, path: ["models", name, "targets", index, "route"] }],
    ),
  ];
}

function fallbacks(name: string, model: ModelConfig): Reference[] {
  const list = (key: string, models: readonly string[]): Reference[] =>
    models.map((to, index) => ({ to, path: ["models", name, key, index] }));
  return [
    ...list("fallbacks", model.fallbacks),
    ...list("context_fallbacks", model.contextFallbacks),
    ...list("content_fallbacks", model.contentFallbacks),
  ];
}

type Step = Reference & { readonly from: string };

/** Every circle once, from the first model in the order of the file that is in it. */
function circles(
  models: Readonly<Record<string, ModelConfig>>,
  entryOf: (name: string) => string | undefined | null,
): Step[][] {
  const found: Step[][] = [];
  const done = new Set<string>();
  const walk = (name: string, way: readonly Step[]): void => {
    const from = way.findIndex((step) => step.from === name);
    if (from !== -1) {
      found.push(way.slice(from));
      return;
    }
    if (done.has(name)) return;
    for (const reference of within(name, models[name] as ModelConfig)) {
      const next = entryOf(reference.to);
      if (next !== undefined && next !== null) walk(next, [...way, { ...reference, from: name }]);
    }
    done.add(name);
  };
  for (const name of Object.keys(models)) walk(name, []);
  return found;
}
