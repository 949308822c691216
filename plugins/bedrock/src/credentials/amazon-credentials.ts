/** What a signature is made with: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv.html */
export interface AmazonCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** Absent means that the key is a lasting one. */
  readonly sessionToken?: string | undefined;
  /** When they expire. Absent means never. */
  readonly expiration?: Date | undefined;
}

/** Gets credentials anew. */
export type LoadCredentials = () => Promise<AmazonCredentials>;
