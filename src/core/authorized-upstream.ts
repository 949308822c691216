import { type AddedHeaders, noCredential, type Wire } from "../sdk/index.js";
import type { Connections, UpstreamHandle, UpstreamReceiver, UpstreamRequest } from "./upstream.js";

/** Connections whose every request gets headers of its own from the provider's plugin: a token, a signature. */
export class AuthorizedUpstream implements Connections {
  readonly #connections: Connections;
  readonly #wire: Wire;

  constructor(connections: Connections, wire: Wire) {
    this.#connections = connections;
    this.#wire = wire;
  }

  post(request: UpstreamRequest, receiver: UpstreamReceiver): UpstreamHandle {
    return this.send("POST", request, receiver);
  }

  send(method: string, request: UpstreamRequest, receiver: UpstreamReceiver): UpstreamHandle {
    const call = new WaitingCall((added) =>
      this.#connections.send(
        method,
        { ...request, headers: withHeaders(request.headers, added) },
        tellingRefusals(receiver, this.#wire),
      ),
    );
    void this.#start(method, request, receiver, call);
    return call;
  }

  close(): Promise<void> {
    return this.#connections.close();
  }

  destroy(): Promise<void> {
    return this.#connections.destroy();
  }

  async #start(method: string, request: UpstreamRequest, receiver: UpstreamReceiver, call: WaitingCall): Promise<void> {
    const { body } = request;
    try {
      const added = this.#wire.authorize?.({
        method,
        url: this.#wire.baseUrl + request.path,
        headers: fromPairs(request.headers),
        body: typeof body === "string" || Buffer.isBuffer(body) ? body : undefined,
      });
      call.start((added instanceof Promise ? await added : added) ?? {});
    } catch (thrown) {
      if (call.aborted) return;
      receiver.error(noCredential(thrown));
    }
  }
}

/** What comes of a call, with the plugin told where the server refused its credential. */
function tellingRefusals(receiver: UpstreamReceiver, wire: Wire): UpstreamReceiver {
  if (wire.refused === undefined) return receiver;
  return {
    head(status, headers) {
      if (status === 401 || status === 403) wire.refused?.();
      receiver.head(status, headers);
    },
    data: (bytes) => receiver.data(bytes),
    end: () => receiver.end(),
    error: (error) => receiver.error(error),
  };
}

/** A call that waits for its credential; what is asked of it meanwhile is done once it runs. */
class WaitingCall implements UpstreamHandle {
  aborted = false;
  readonly #send: (added: AddedHeaders) => UpstreamHandle;
  #handle: UpstreamHandle | undefined;
  #paused = false;

  constructor(send: (added: AddedHeaders) => UpstreamHandle) {
    this.#send = send;
  }

  start(added: AddedHeaders): void {
    if (this.aborted) return;
    this.#handle = this.#send(added);
    if (this.#paused) this.#handle.pause();
  }

  pause(): void {
    this.#paused = true;
    this.#handle?.pause();
  }

  resume(): void {
    this.#paused = false;
    this.#handle?.resume();
  }

  abort(): void {
    this.aborted = true;
    this.#handle?.abort();
  }
}

function fromPairs(pairs: readonly string[]): Record<string, string> {
  const headers: Record<string, string> = {};
  for (let i = 0; i < pairs.length; i += 2) headers[(pairs[i] as string).toLowerCase()] = pairs[i + 1] as string;
  return headers;
}

/** What is added wins over what was there. */
function withHeaders(pairs: readonly string[], added: AddedHeaders): readonly string[] {
  return Object.entries({ ...fromPairs(pairs), ...added }).flat();
}
