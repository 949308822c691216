import { Code, ConnectError, type ServiceImpl } from "@connectrpc/connect";
import { type Health, HealthCheckResponse_ServingStatus as Status } from "../../gen/grpc/health/v1/health_pb.js";

/** Whether the server takes work, and who is told when that changes. */
export interface ServingState {
  isServing(): boolean;
  /** Gives back what ends the watch. */
  onChange(listener: () => void): () => void;
}

/**
 * `grpc.health.v1.Health` for the named services and for the whole server, which is the empty name. `draining` ends the
 * watches, which would otherwise stay open for ever; every answer is NOT_SERVING from then on.
 */
export function healthService(
  services: readonly string[],
  state: ServingState,
  draining?: AbortSignal,
): ServiceImpl<typeof Health> {
  const known = new Set(["", ...services]);
  const status = (): Status => (state.isServing() && draining?.aborted !== true ? Status.SERVING : Status.NOT_SERVING);
  return {
    check({ service }) {
      if (!known.has(service)) throw new ConnectError(`There is no service "${service}".`, Code.NotFound);
      return { status: status() };
    },
    async *watch({ service }, { signal }) {
      const now = known.has(service) ? status : () => Status.SERVICE_UNKNOWN;
      let told: Status | undefined;
      while (!signal.aborted) {
        const next = now();
        if (next !== told) yield { status: next };
        told = next;
        if (draining?.aborted) throw new ConnectError("The server is shutting down.", Code.Unavailable);
        if (now() === told) await change(state, signal, draining);
      }
    },
  };
}

/** Resolves at the next change, or when one of the signals aborts. */
function change(state: ServingState, ...signals: (AbortSignal | undefined)[]): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      stop();
      for (const signal of signals) signal?.removeEventListener("abort", end);
      resolve();
    };
    const stop = state.onChange(end);
    for (const signal of signals) signal?.addEventListener("abort", end, { once: true });
    if (signals.some((signal) => signal?.aborted)) end();
  });
}
