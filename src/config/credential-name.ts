import type { CredentialConfig } from "../gen/parlance/config/v1/config_pb.js";

/** What one of several credentials is called in logs and records. `place`: from 0, as it stands in the list. */
export function credentialName(credential: CredentialConfig, place: number): string {
  return credential.name ?? String(place + 1);
}
