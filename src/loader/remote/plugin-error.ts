import type { ServiceError } from "@grpc/grpc-js";
import { errorOfStatus, ParlanceError } from "../../sdk/index.js";

const CANCELLED = 1;
const DEADLINE_EXCEEDED = 4;
const NOT_FOUND = 5;
const UNAVAILABLE = 14;

/** Whose plugin failed, for its errors' words. */
export interface Blamed {
  readonly plugin: string;
  /** Name of the provider in the configuration. */
  readonly provider: string;
}

/** What a call of a plugin failed with, as an error of the house that names the plugin. */
export function pluginError(thrown: unknown, { plugin, provider }: Blamed): ParlanceError {
  if (ParlanceError.is(thrown)) return thrown;
  const { code, details: message } = thrown as ServiceError;
  const told = errorOfStatus({ code, message, details: detailsOf(thrown) });
  if (told !== undefined) return told;
  const facts = { provider, cause: thrown };
  switch (code) {
    case CANCELLED:
      return new ParlanceError("cancelled", "The call was cancelled.", facts);
    case DEADLINE_EXCEEDED:
      return new ParlanceError("provider_timeout", `The plugin "${plugin}" did not answer in time.`, facts);
    case UNAVAILABLE:
      return unavailable({ plugin, provider }, message, thrown);
    default:
      return new ParlanceError("provider_error", `The plugin "${plugin}" failed: ${message}`, facts);
  }
}

/** The same for a stream that has begun: what lets go of its line then cuts off its answer. */
export function streamError(thrown: unknown, blamed: Blamed): ParlanceError {
  if (ParlanceError.is(thrown) || !isLost(thrown)) return pluginError(thrown, blamed);
  return new ParlanceError("stream_truncated", `The plugin "${blamed.plugin}" was lost in the middle of its answer.`, {
    provider: blamed.provider,
    pluginLost: true,
    cause: thrown,
  });
}

/** A plugin that cannot be asked now. */
export function unavailable({ plugin, provider }: Blamed, why: string, cause?: unknown): ParlanceError {
  return new ParlanceError("provider_unavailable", `The plugin "${plugin}" cannot be used. ${why}`.trim(), {
    provider,
    pluginLost: true,
    cause,
  });
}

/** Whether the plugin does not know the provider, since it was started again. */
export function isForgotten(thrown: unknown): boolean {
  return (thrown as ServiceError).code === NOT_FOUND && detailsOf(thrown) === undefined;
}

/** Whether the line to the plugin may be lost. */
export function isLost(thrown: unknown): boolean {
  return (thrown as ServiceError).code === UNAVAILABLE && detailsOf(thrown) === undefined;
}

function detailsOf(thrown: unknown): Uint8Array | undefined {
  const [bytes] = (thrown as Partial<ServiceError>).metadata?.get("grpc-status-details-bin") ?? [];
  return bytes instanceof Uint8Array ? bytes : undefined;
}
