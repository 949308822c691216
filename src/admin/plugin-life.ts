import { hideSecrets } from "../core/hide-secrets.js";
import type { LazyProvider, RenewedProvider } from "../core/provider-handle.js";
import type { PluginStatus } from "../loader/plugin-entry.js";
import type { PluginRegistry } from "../loader/registry.js";
import type { NewEdition } from "../loader/renew-plugin.js";
import type { Isolation } from "../loader/remote/placement.js";
import { invalid, ParlanceError } from "../sdk/index.js";

/** A provider of the configuration in force. */
export interface ConfiguredProvider {
  readonly handle: LazyProvider;
  /** Where the configuration has the plugin's code run for it; undefined where that is left to the manifest. */
  readonly isolation: Isolation | undefined;
  /** Whether it is at an address: then it has no plugin of this gateway, whatever its name. */
  readonly foreign: boolean;
}

/** What the life of plugins takes place in. */
export interface PluginWorld {
  /** The registry in force. */
  registry(): PluginRegistry;
  /** The providers in force. */
  providers(): readonly ConfiguredProvider[];
}

/** A plugin with the providers that use it. */
export interface UsedPlugin extends PluginStatus {
  readonly providers: readonly { readonly name: string; readonly isolation: string }[];
}

/**
 * The plugins of a running gateway. Changes come one after another, in the order in which they are asked for. Each method
 * throws `not_found` with near names, and `provider_unavailable` that tells why a plugin cannot be used.
 */
export interface PluginLife {
  list(): UsedPlugin[];
  get(name: string): UsedPlugin;
  load(name: string): Promise<UsedPlugin>;
  unload(name: string): Promise<UsedPlugin>;
  reload(name: string): Promise<UsedPlugin>;
  enable(name: string): Promise<UsedPlugin>;
  disable(name: string): Promise<UsedPlugin>;
}

/** The life of the plugins of `world`. */
export function createPluginLife(world: PluginWorld): PluginLife {
  let last: Promise<unknown> = Promise.resolve();
  const usersOf = (name: string): ConfiguredProvider[] =>
    world.providers().filter(({ handle, foreign }) => !foreign && handle.plugin === name);
  const statusOf = (name: string): PluginStatus | undefined =>
    world
      .registry()
      .list()
      .find((status) => status.name === name && !status.foreign);
  const foreigner = (name: string): LazyProvider | undefined => {
    if (statusOf(name) !== undefined) return undefined;
    return world.providers().find(({ handle, foreign }) => foreign && handle.name === name)?.handle;
  };
  /** What can be done only to a plugin of this gateway. */
  const own = (name: string): string => {
    if (foreigner(name) === undefined) return name;
    throw new ParlanceError(
      "unsupported",
      `The plugin "${name}" is run by somebody else, so it can be reloaded and nothing more. To use it no longer, take its provider out of the configuration.`,
    );
  };
  const used = (status: PluginStatus): UsedPlugin => ({
    ...status,
    providers: (status.foreign
      ? world.providers().filter(({ handle, foreign }) => foreign && handle.name === status.name)
      : usersOf(status.name)
    )
      .map(({ handle, isolation }) => ({ name: handle.name, isolation: isolation ?? status.isolation }))
      .sort((a, b) => (a.name < b.name ? -1 : 1)),
  });
  const get = (name: string): UsedPlugin => used(world.registry().get(named(name)));
  const inTurn = (act: (name: string) => Promise<void> | void) => (name: string) => {
    const turn = last.then(async () => {
      await act(named(name));
      return get(name);
    });
    last = turn.catch(() => {});
    return turn;
  };
  const letGo = (name: string): void => usersOf(name).forEach(({ handle }) => handle.letGo());

  const reload = async (name: string): Promise<void> => {
    const elsewhere = foreigner(name);
    if (elsewhere !== undefined) {
      // It is asked anew, with its settings.
      const made = await elsewhere.renew(world.registry());
      return made.take();
    }
    const users = usersOf(name);
    const places = users.map(({ isolation }) => isolation);
    const edition = await world.registry().renew(name, places);
    const renewed = await renewAll(users, edition);
    edition.take();
    renewed.forEach((provider) => provider.take());
    // Another configuration may have come in force meanwhile; its providers are made of the new code on first use.
    for (const { handle } of usersOf(name)) if (!users.some((user) => user.handle === handle)) handle.letGo();
  };

  return {
    list: () => world.registry().list().map(used),
    get,
    reload: inTurn(reload),
    load: inTurn(async (name) => {
      const known = statusOf(own(name));
      // What is on its way, or was tried in vain, is not tried again unasked; what is gone is searched for.
      if (known === undefined || known.unloaded) return reload(name);
      // What runs elsewhere starts with its first call, and is never imported here.
      const users = usersOf(name);
      const places =
        users.length === 0 ? [known.isolation] : users.map(({ isolation }) => isolation ?? known.isolation);
      if (places.includes("in_process")) await world.registry().load(name);
    }),
    unload: inTurn((name) => {
      world.registry().unload(own(name));
      letGo(name);
    }),
    enable: inTurn((name) => world.registry().enable(own(name), true)),
    disable: inTurn((name) => {
      world.registry().enable(own(name), false);
      letGo(name);
    }),
  };
}

/** All of them or none: settings that the new code does not take leave the old code in use. */
async function renewAll(users: readonly ConfiguredProvider[], edition: NewEdition): Promise<RenewedProvider[]> {
  const renewed: RenewedProvider[] = [];
  for (const { handle } of users) {
    try {
      renewed.push(await handle.renew(edition));
    } catch (thrown) {
      await Promise.allSettled(renewed.map((provider) => provider.drop()));
      throw edition.refuse(hideSecrets(ParlanceError.from(thrown), handle.secrets));
    }
  }
  return renewed;
}

/** The name of an installed plugin. Code from an address or a path is never loaded, whoever asks. */
function named(name: string): string {
  if (name === "") throw invalid("name", "name is required: the name of a plugin.");
  if (!/[/\\:]/.test(name)) return name;
  throw invalid(
    "name",
    `${JSON.stringify(name)} is no name of a plugin. Plugins are loaded by name only, from where the configuration has them searched (plugins.paths); never from an address or a path that a request brings.`,
  );
}
