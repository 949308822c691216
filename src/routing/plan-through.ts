import { equals } from "@bufbuild/protobuf";
import type { Exchange } from "../core/exchange.js";
import { modelNotFound } from "../core/model-not-found.js";
import type { Through } from "../core/pass-through.js";
import { speaks } from "../core/speaks.js";
import type { ModelDirectory, PlannedTarget, Target } from "../core/target.js";
import { create, nearest, ParlanceError, type RoutingHints, RoutingHintsSchema } from "../sdk/index.js";

/**
 * Plans an exchange that must not be translated: the model's targets that speak the vendor's API, in their order. What
 * names no model is for one provider alone, as its files and jobs are nowhere else.
 */
export async function planThrough(exchange: Exchange, through: Through, directory: ModelDirectory): Promise<void> {
  if (asksBeyondTime(exchange.routing)) {
    throw new ParlanceError(
      "unsupported",
      "routing is not for requests that pass to a vendor's own API, but for its timeout: the header x-parlance-provider chooses there.",
      { field: "routing" },
    );
  }
  const candidates = await candidatesOf(exchange, through, directory);
  const speaking: Target[] = [];
  let failure: ParlanceError | undefined;
  for (const target of candidates) {
    try {
      const { provider } = await target.provider.ready();
      if (speaks(provider, exchange.ask, through.api)) speaking.push(target);
      if (exchange.model === "" && speaking.length > 0) break;
    } catch (thrown) {
      failure ??= ParlanceError.from(thrown);
    }
  }
  if (speaking.length === 0) throw failure ?? nobodySpeaks(exchange, through, candidates);
  exchange.plan = speaking.map((target, i): PlannedTarget => ({ target, reason: reasonOf(i, through) }));
}

/** A limit of time holds for whatever is asked. */
function asksBeyondTime(routing: RoutingHints | undefined): boolean {
  if (routing === undefined) return false;
  const { timeout } = routing;
  return !equals(RoutingHintsSchema, routing, create(RoutingHintsSchema, timeout === undefined ? {} : { timeout }));
}

async function candidatesOf(exchange: Exchange, through: Through, directory: ModelDirectory): Promise<Target[]> {
  const { model } = exchange;
  const wanted = through.provider;
  if (wanted !== undefined) checkProvider(wanted, directory);
  const isWanted = ({ provider }: Target): boolean => wanted === undefined || provider.name === wanted;
  if (model === "") {
    return directory.withoutModel().filter(isWanted);
  }
  const found = (directory.find(model) ?? []).filter(isWanted);
  if (found.length > 0) return found;
  // Who names the provider may mean its own name of the model.
  const direct = wanted === undefined ? undefined : directory.find(`${wanted}/${model}`);
  if (direct === undefined) throw await modelNotFound(directory, model);
  return [...direct];
}

function checkProvider(name: string, directory: ModelDirectory): void {
  const names = directory.providers().map((provider) => provider.name);
  if (names.includes(name)) return;
  throw new ParlanceError("invalid_request", `There is no provider "${name}". There are ${names.join(", ")}.`, {
    field: "x-parlance-provider",
    suggestions: nearest(name, names),
  });
}

function nobodySpeaks({ model, ask }: Exchange, { api }: Through, candidates: readonly Target[]): ParlanceError {
  const asked = candidates.map(({ name }) => name).join(", ");
  const what = ask.operation === "pass_through" ? `the API "${api}"` : `the dialect "${ask.wire?.dialect.name}"`;
  const who =
    model === ""
      ? `No configured provider has ${what} for requests that name no model (asked: ${asked}).`
      : `No target of the model "${model}" has ${what} (asked: ${asked}).`;
  return new ParlanceError(
    "unsupported",
    `${who} Requests under /${api}/ are passed on as they are and never translated: add a provider that has it, or use a door that translates.`,
    { field: model === "" ? "x-parlance-provider" : "model" },
  );
}

function reasonOf(index: number, { provider }: Through): string {
  if (provider !== undefined) return "asked for by the caller";
  return index === 0 ? "first by priority that speaks the API" : `fallback ${index} by priority`;
}
