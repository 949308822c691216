import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { answerJson, startUpstream, type TestUpstream } from "./upstream.js";

/** A server on loopback that gives tokens to a federated workload of Google Cloud. */
export interface GoogleSts {
  readonly server: TestUpstream;
  /** The JSON of the workload's credentials, which name that server. */
  readonly credentials: object;
  /** Gives this token from now on. */
  give(token: string, seconds?: number): void;
}

/** Starts it on a free port. `folder`: where the workload keeps what it is known by. */
export async function startGoogleSts(folder: string): Promise<GoogleSts> {
  const server = await startUpstream();
  const file = join(folder, "subject-token");
  await writeFile(file, "subject");
  return {
    server,
    credentials: {
      type: "external_account",
      audience: "//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/pool/providers/cluster",
      subject_token_type: "urn:ietf:params:oauth:token-type:jwt",
      token_url: `${server.url}/sts`,
      credential_source: { file },
    },
    give: (token, seconds = 3600) =>
      server.behave(
        answerJson({ access_token: token, expires_in: seconds, token_type: "Bearer", issued_token_type: "t" }),
      ),
  };
}
