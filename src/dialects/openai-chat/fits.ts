import type { Members, ModelTraits } from "../../sdk/index.js";

/** Whether a body of this dialect holds nothing that the target's server is known to refuse or to call otherwise. */
export function fits(body: Buffer, members: Members, traits: ModelTraits): boolean {
  const { refuses, renames, developerRole } = traits;
  if (refuses?.some((name) => members.byName.has(name)) === true) return false;
  if (renames !== undefined && Object.keys(renames).some((name) => members.byName.has(name))) return false;
  // The word may stand in a text as well: then the body is translated in vain, which loses nothing.
  return developerRole !== false || !body.includes('"developer"');
}
