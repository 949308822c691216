import { ParlanceError, type Provider, type ProviderSettings } from "@parlance/sdk";
import { complete } from "./complete.js";
import { EMBED, findModel, noSuchModel, OFFERED } from "./models.js";
import { errorFor } from "./models/error.js";
import { embedTexts } from "./models/embed.js";
import { throwIfAborted } from "./pace.js";
import { promptTokens } from "./prompt-tokens.js";
import { readSettings } from "./settings.js";
import { realWorld, type World } from "./world.js";

/**
 * A provider that answers by itself: no network, no key. The same request and seed give the same answer, but for the
 * time at which it was made.
 */
export function createSimulator(given: ProviderSettings, world: World = realWorld): Provider {
  const settings = readSettings(given.settings);
  return {
    async *complete(request, call) {
      yield* complete(findModel(call.model), request, call, settings, world);
    },
    async embed(request, { model, signal }) {
      throwIfAborted(signal);
      if (model === EMBED) return embedTexts(request, model);
      const failure = model.startsWith("error-")
        ? errorFor(model.slice("error-".length), settings.retryAfterMs)
        : undefined;
      if (failure) throw failure;
      if (OFFERED.some((offered) => offered.name === model)) {
        throw new ParlanceError("unsupported", `The model "${model}" makes no vectors; "${EMBED}" does.`, {
          field: "model",
        });
      }
      throw noSuchModel(model);
    },
    async countTokens(request, { signal }) {
      throwIfAborted(signal);
      return promptTokens(request);
    },
    models: OFFERED,
  };
}
