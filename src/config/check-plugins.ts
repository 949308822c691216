import type { PluginsConfig } from "../gen/parlance/config/v1/config_pb.js";
import { nearest } from "../sdk/index.js";
import type { KnownPlugin } from "./known-plugin.js";
import type { Report } from "./reporter.js";

/** Checks that the lists of plugins name some that were found: a name that is misspelt would allow or disable nothing. */
export function checkPlugins(config: PluginsConfig | undefined, plugins: readonly KnownPlugin[], report: Report): void {
  const names = plugins.map((plugin) => plugin.name);
  for (const list of ["allow", "disable"] as const) {
    config?.[list].forEach((name, index) => {
      if (names.includes(name)) return;
      report(["plugins", list, index], `There is no plugin "${name}".`, nearest(name, names)[0]);
    });
  }
}
