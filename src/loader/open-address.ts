import { readRecordings, type Subject } from "../sdk/testing/index.js";
import { testElsewhere, type TestAddress } from "./elsewhere.js";
import { createRegistry } from "./registry.js";

/** How a plugin at an address is tested. */
export interface AddressOptions extends TestAddress {
  /** Folder of recordings, for what its server shall answer. Absent means none. */
  readonly recordings?: string | undefined;
}

/**
 * The plugin that somebody else runs at an address as the conformance kit takes it: what it is, its handshake tells.
 * Throws an Error where nobody answers there, or a recording cannot be read.
 */
export async function openAddress({ recordings, ...place }: AddressOptions): Promise<Subject> {
  const registry = createRegistry([]);
  const { create, elsewhere } = testElsewhere(registry, place.address, place);
  // Whether a provider can be made of nothing is not the question here: the handshake comes before.
  const first = await create({ name: "conformance", settings: {} }).catch((error: unknown) => error as Error);
  const told = registry.list()[0];
  if (told === undefined || (told.version === "" && told.capabilities.length === 0)) {
    throw new Error(`Nobody shakes hands at ${place.address}: ${first instanceof Error ? first.message : "no answer"}`);
  }
  return {
    name: place.address,
    version: told.version,
    problems: [],
    capabilities: told.capabilities,
    settingsSchema: told.settings,
    environment: [],
    conformance: { upstream: true, settings: {}, models: {} },
    recordings: recordings === undefined ? [] : await readRecordings(recordings),
    place: "address",
    create,
    elsewhere,
    async close() {
      if (!(first instanceof Error)) await first.close?.();
    },
  };
}
