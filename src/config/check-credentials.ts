import type { ProviderConfig } from "../gen/parlance/config/v1/config_pb.js";
import { checkApiKey } from "./check-api-key.js";
import { credentialName } from "./credential-name.js";
import { DEFAULTS } from "./defaults.js";
import type { KnownPlugin } from "./known-plugin.js";
import { type Path, pathSteps } from "./problem.js";
import type { Report } from "./reporter.js";

/** Checks a provider's list of credentials: that each holds one, has a name of its own and a share, and settings that fit. */
export function checkCredentials(
  provider: ProviderConfig,
  plugin: KnownPlugin | undefined,
  path: Path,
  report: Report,
): void {
  const { credentials } = provider;
  if (provider.apiKey !== undefined) {
    report([...path, "api_key"], 'cannot stand beside "credentials". Make it one of them.');
  }
  const names = new Map<string, number>();
  credentials.forEach((credential, place) => {
    const at = [...path, "credentials", place];
    const { apiKey, settings, weight } = credential;
    const name = credentialName(credential, place);
    const first = names.get(name);
    if (name.trim() !== name || name === "" || /\p{Cc}/u.test(name)) {
      report([...at, "name"], "must be a name without control characters, and without white space around it.");
    } else if (first !== undefined) {
      const where = credential.name === undefined ? at : [...at, "name"];
      report(where, `The credential "${name}" is there already, at place ${first + 1} of the list.`);
    }
    names.set(name, first ?? place);
    if (apiKey === undefined && settings === undefined) {
      report([...at, "api_key"], "is required where the credential is not among its own settings.");
    }
    checkApiKey(apiKey, [...at, "api_key"], report);
    if (weight !== undefined && weight < 0) report([...at, "weight"], `must be 0 or more, not ${weight}.`);
    for (const problem of plugin?.checkSettings?.({ ...provider.settings, ...settings }) ?? []) {
      const steps = pathSteps(problem.path);
      // What this credential does not say itself is the provider's fault, and told once for all of them.
      const own = settings !== undefined && (steps[0] === undefined || Object.hasOwn(settings, steps[0]));
      report([...(own ? at : path), "settings", ...steps], problem.message);
    }
  });
  if (credentials.every(({ weight }) => (weight ?? DEFAULTS.credentialWeight) <= 0)) {
    report([...path, "credentials"], "need one at least whose weight is above 0.");
  }
}
