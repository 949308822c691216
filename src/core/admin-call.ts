import type { IncomingHttpHeaders } from "node:http";

/** What is known of a call of the operator's API before it is let in. */
export interface AdminCall {
  /** Whether the method changes nothing. */
  readonly readOnly: boolean;
  /** Address of the other end of the connection; undefined when it is gone already. */
  readonly peerAddress: string | undefined;
  /** Address of this end of the connection. */
  readonly ownAddress: string | undefined;
  readonly headers: IncomingHttpHeaders;
}

/** Lets a call of the operator's API in, or throws `unauthenticated` or `permission_denied`. */
export type AdminGuard = (call: AdminCall) => void;
