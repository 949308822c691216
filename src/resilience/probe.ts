import type { Deadlines } from "../core/deadlines.js";
import type { ProviderHandle, ReadyProvider } from "../core/target.js";
import type { TargetState } from "./target-state.js";
import type { TargetStates } from "./target-states.js";

/** What targets that are open are asked with. */
export interface ProbeInit {
  readonly states: TargetStates;
  readonly deadlines: Deadlines;
  /** The providers in force. */
  readonly providers: () => Iterable<ProviderHandle>;
}

/** How often is asked; in milliseconds. */
export interface ProbeSettings {
  /** Undefined means never. */
  readonly intervalMs: number | undefined;
  readonly timeoutMs: number;
}

/** Asks whether providers are back whose targets are open. */
export interface Probe {
  /** To be called for each configuration in turn. */
  configure(settings: ProbeSettings): void;
  stop(): void;
}

/**
 * Asks the providers of open targets for their models, which costs no tokens; one that answers well has its targets tried
 * by the next call, before their time. A target that is closed, or that an operator has opened, causes no question, nor
 * does a provider that has no such list or whose code was never loaded.
 */
export function createProbe({ states, deadlines, providers }: ProbeInit): Probe {
  let timer: NodeJS.Timeout | undefined;
  let timeoutMs = 0;
  const asking = new Set<string>();

  const ask = async (handle: ProviderHandle, open: readonly TargetState[]): Promise<void> => {
    asking.add(handle.name);
    try {
      if (await answersWell(await handle.ready(), deadlines, timeoutMs)) for (const state of open) state.seemsBack();
    } catch {
      // Without its plugin it cannot be asked; the next call tells why.
    } finally {
      asking.delete(handle.name);
    }
  };

  const turn = (): void => {
    const open = openTargets(states);
    if (open.length === 0) return;
    for (const handle of providers()) {
      const own = open.filter(([name]) => name.startsWith(`${handle.name}/`)).map(([, state]) => state);
      if (own.length > 0 && !asking.has(handle.name)) void ask(handle, own);
    }
  };

  return {
    configure(settings) {
      clearInterval(timer);
      timeoutMs = settings.timeoutMs;
      timer = settings.intervalMs === undefined ? undefined : setInterval(turn, settings.intervalMs).unref();
    },
    stop: () => clearInterval(timer),
  };
}

function openTargets(states: TargetStates): (readonly [name: string, state: TargetState])[] {
  return [...states.all()].filter(([, { breaker, drained }]) => {
    const { opening, isHalfOpen } = breaker;
    return opening !== undefined && opening.by !== "operator" && !isHalfOpen && !drained;
  });
}

/** Whether its list of models comes with 2xx in time. Never rejects. */
function answersWell(ready: ReadyProvider, deadlines: Deadlines, timeoutMs: number): Promise<boolean> {
  const { provider, upstream, headers, tenure } = ready;
  const path = provider.wire?.modelsPath;
  if (upstream === undefined || path === undefined) return Promise.resolve(false);
  return new Promise((resolve) => {
    let well = false;
    tenure.begin();
    const end = (answered: boolean): void => {
      deadline.cancel();
      tenure.leave();
      resolve(answered);
    };
    const deadline = deadlines.after(timeoutMs, () => {
      call.abort();
      end(false);
    });
    const call = upstream.send(
      "GET",
      { path, headers: withoutBody(headers), body: undefined },
      {
        head: (status) => {
          well = status >= 200 && status < 300;
        },
        data: () => {},
        end: () => end(well),
        error: () => end(false),
      },
    );
  });
}

/** A GET has nothing whose type could be told. */
function withoutBody(headers: readonly string[]): string[] {
  return headers.filter((_, i) => headers[i - (i % 2)] !== "content-type");
}
