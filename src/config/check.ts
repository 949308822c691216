import type { Config } from "../gen/parlance/config/v1/config_pb.js";
import { checkAdmin } from "./check-admin.js";
import { checkBreakers } from "./check-breakers.js";
import { checkCatalog } from "./check-catalog.js";
import { checkLoad } from "./check-load.js";
import { checkModels } from "./check-models.js";
import { checkPlugins } from "./check-plugins.js";
import { checkProviders } from "./check-providers.js";
import { checkRetry } from "./check-retry.js";
import { checkRouting } from "./check-routing.js";
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
  checkLoad(config, report);
  checkBreakers(config, report);
  if (config.resilience?.retry !== undefined) checkRetry(config.resilience.retry, ["resilience", "retry"], report);
  checkRouting(config.routing, report);
  checkCatalog(config, report);
  checkPlugins(config.plugins, plugins, report);
  checkAdmin(config.admin, report);
  checkStore(config.store, report);
  oneOf(config.log?.level, LOG_LEVELS, ["log", "level"], report);
}
