import type { Config } from "../gen/parlance/config/v1/config_pb.js";
import { nearest } from "../sdk/index.js";
import { checkCatalog } from "./check-catalog.js";
import { checkModels } from "./check-models.js";
import { checkProviders } from "./check-providers.js";
import { checkServer } from "./check-server.js";
import { checkStore } from "./check-store.js";
import type { KnownPlugin } from "./known-plugin.js";
import { LOG_LEVELS } from "./log-levels.js";
import { oneOf } from "./one-of.js";
import type { Report } from "./reporter.js";

/**
 * Checks what a type cannot say: that names which are referred to exist, and that values make sense. Reads the files
 * that TLS is served with.
 */
export function check(config: Config, plugins: readonly KnownPlugin[], report: Report): void {
  checkServer(config.server, report);
  checkProviders(config, plugins, report);
  checkModels(config, plugins, report);
  checkCatalog(config, report);
  config.plugins?.allow.forEach((name, index) => {
    const names = plugins.map((plugin) => plugin.name);
    if (names.includes(name)) return;
    report(["plugins", "allow", index], `There is no plugin "${name}".`, nearest(name, names)[0]);
  });
  checkStore(config.store, report);
  oneOf(config.log?.level, LOG_LEVELS, ["log", "level"], report);
}
