import { type OfferedModel, ParlanceError } from "@parlance/sdk";
import type { SimulatedModel } from "./behaviour.js";
import { cutAfterModel } from "./models/cut-after.js";
import { echo } from "./models/echo.js";
import { errorModel } from "./models/error.js";
import { errorAfterModel } from "./models/error-after.js";
import { json } from "./models/json.js";
import { length, MOST_TOKENS } from "./models/length.js";
import { lorem } from "./models/lorem.js";
import { reasoning } from "./models/reasoning.js";
import { refusal } from "./models/refusal.js";
import { slow } from "./models/slow.js";
import { stallAfterModel } from "./models/stall-after.js";
import { tools } from "./models/tools.js";
import { vision } from "./models/vision.js";

const FIXED = { echo, lorem, tools, json, reasoning, refusal, vision, length, slow } as const satisfies Record<
  string,
  SimulatedModel
>;

const AFTER: Readonly<Record<string, (tokens: number) => SimulatedModel>> = {
  error: errorAfterModel,
  cut: cutAfterModel,
  stall: stallAfterModel,
};

/** The model that turns texts into vectors. */
export const EMBED = "embed";

/** Models with a name of their own; those with a number or a word in their name come beside. */
export const OFFERED: readonly OfferedModel[] = [
  ...Object.keys(FIXED).map((name): OfferedModel => ({ name, operations: ["complete"] })),
  { name: EMBED, operations: ["embed"] },
];

/** The model of that name. Throws `model_not_found` that lists what there is, and `unsupported` for `embed`. */
export function findModel(name: string): SimulatedModel {
  if (Object.hasOwn(FIXED, name)) return FIXED[name as keyof typeof FIXED];
  if (name === EMBED)
    throw new ParlanceError("unsupported", 'The model "embed" makes vectors only; it does not chat.', {
      field: "model",
    });
  const [, what, tokens] = /^(error|cut|stall)-after-(\d{1,9})$/.exec(name) ?? [];
  if (what !== undefined) {
    if (Number(tokens) <= MOST_TOKENS) return (AFTER[what] as (typeof AFTER)[string])(Number(tokens));
    throw new ParlanceError("model_not_found", `The simulator says at most ${MOST_TOKENS} tokens.`, { field: "model" });
  }
  const failing = name.startsWith("error-") ? errorModel(name.slice("error-".length)) : undefined;
  if (failing) return failing;
  throw noSuchModel(name);
}

/** The refusal of a name that stands for no model. */
export function noSuchModel(name: string): ParlanceError {
  const names = OFFERED.map((model) => model.name).join(", ");
  return new ParlanceError(
    "model_not_found",
    `The simulator has no model "${name}". It has ${names}, error-<HTTP status or error code>, error-after-<n>, cut-after-<n> and stall-after-<n>.`,
    { field: "model" },
  );
}
