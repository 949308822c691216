import { Code, ConnectError, type ServiceImpl } from "@connectrpc/connect";
import { type Health, HealthCheckResponse_ServingStatus as Status } from "../../gen/grpc/health/v1/health_pb.js";

/** Whether the server takes work, and who is told when that changes. */
export interface ServingState {
  isServing(): boolean;
  /** Gives back what ends the watch. */
  onChange(listener: () => void): () => void;
}

/** `grpc.health.v1.Health` for the named services and for the whole server, which is the empty name. */
export function healthService(services: readonly string[], state: ServingState): ServiceImpl<typeof Health> {
  const known = new Set(["", ...services]);
  const status = (): Status => (state.isServing() ? Status.SERVING : Status.NOT_SERVING);
  return {
    check({ service }) {
      if (!known.has(service)) throw new ConnectError(`There is no service "${service}".`, Code.NotFound);
      return { status: status() };
    },
    async *watch({ service }, context) {
      if (!known.has(service)) {
        yield { status: Status.SERVICE_UNKNOWN };
        await new Promise<void>((resolve) => context.signal.addEventListener("abort", () => resolve(), { once: true }));
        return;
      }
      let told: Status | undefined;
      while (!context.signal.aborted) {
        const now = status();
        if (now !== told) yield { status: now };
        told = now;
        if (status() === told) await change(state, context.signal);
      }
    },
  };
}

function change(state: ServingState, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      stop();
      signal.removeEventListener("abort", end);
      resolve();
    };
    const stop = state.onChange(end);
    signal.addEventListener("abort", end, { once: true });
    if (signal.aborted) end();
  });
}
