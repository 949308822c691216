import type { Duration } from "@bufbuild/protobuf/wkt";
import type { ConfigureRequest } from "../gen/parlance/provider/v1/provider_service_pb.js";
import { ParlanceError } from "./errors.js";
import type { Provider, ProviderPlugin } from "./provider.js";
import type { ServeOptions } from "./serve-options.js";
import { speakWire } from "./speak-wire.js";

/** The providers that a served plugin has made. */
export interface ServedProviders {
  /** Makes one; gives what stands for it in later calls. */
  add(request: ConfigureRequest): Promise<{ id: string; provider: Provider; dialects: readonly string[] }>;
  /** One of them; undefined where there is none. */
  find(id: string): Provider | undefined;
  /** Forgets one. */
  release(id: string): Promise<void>;
  /** Lets go of all. */
  close(): Promise<void>;
}

/** No provider yet. */
export function createServedProviders(plugin: ProviderPlugin, options: ServeOptions): ServedProviders {
  const providers = new Map<string, Provider>();
  let made = 0;
  return {
    async add(request) {
      const own = plugin.create({
        name: request.name,
        baseUrl: request.baseUrl,
        apiKey: request.apiKey,
        settings: request.settings ?? {},
      });
      if (typeof own !== "object" || own === null) {
        throw new ParlanceError("provider_unavailable", `The plugin "${options.name}" made no provider.`);
      }
      const known = own.wire && (await options.dialects?.());
      const provider = speakWire(own, {
        chat: known?.chat ?? new Map(),
        embeddings: known?.embeddings ?? new Map(),
        headers: request.headers,
        timeouts: {
          ...(request.connectTimeout && { connectMs: milliseconds(request.connectTimeout) }),
          ...(request.firstByteTimeout && { firstByteMs: milliseconds(request.firstByteTimeout) }),
          ...(request.idleTimeout && { idleMs: milliseconds(request.idleTimeout) }),
        },
      });
      made += 1;
      const id = `p${made}`;
      providers.set(id, provider);
      const spoken = [own.wire?.chat, ...(own.wire?.otherChats ?? []), own.wire?.embeddings];
      const dialects = spoken.flatMap((endpoint) =>
        endpoint === undefined ? [] : typeof endpoint.dialect === "string" ? endpoint.dialect : endpoint.dialect.name,
      );
      return { id, provider, dialects: [...new Set(dialects)] };
    },
    find: (id) => providers.get(id),
    async release(id) {
      const provider = providers.get(id);
      providers.delete(id);
      await provider?.close?.();
    },
    async close() {
      const all = [...providers.values()];
      providers.clear();
      await Promise.allSettled(all.map(async (provider) => provider.close?.()));
    },
  };
}

function milliseconds({ seconds, nanos }: Duration): number {
  return Number(seconds) * 1000 + nanos / 1_000_000;
}
