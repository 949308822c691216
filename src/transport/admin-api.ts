import type { DescMethod, DescService } from "@bufbuild/protobuf";
import { MethodOptions_IdempotencyLevel as Idempotency } from "@bufbuild/protobuf/wkt";
import type { ServiceImpl } from "@connectrpc/connect";
import type { AdminCall, AdminGuard } from "../core/admin-call.js";
import type { RawRequest } from "./running.js";

/** One service of the operator's API, for every protocol. */
export interface AdminService<S extends DescService = DescService> {
  readonly service: S;
  /** Throws `ParlanceError`s. */
  readonly methods: ServiceImpl<S>;
  /**
   * Where its methods are in REST, by their local names: `POST /admin/v1/plugins/{name}:reload`. `{name}` is a field of the
   * request without a slash, `{name=**}` one with any. What the path does not say is in the query of a GET, and in the JSON
   * body of all else.
   */
  readonly routes: Readonly<Record<string, string>>;
}

/** The operator's API. */
export interface AdminApi {
  readonly services: readonly AdminService[];
  /** Asked for every call, before its body is looked at where the protocol lets it. */
  readonly guard: AdminGuard;
}

/** Largest request of the operator's API in bytes. */
export const MAX_ADMIN_BYTES = 1024 * 1024;

/** What the guard is asked of a request. */
export function adminCallOf(request: RawRequest, method: DescMethod): AdminCall {
  const { socket, headers } = request;
  return {
    readOnly: method.idempotency === Idempotency.NO_SIDE_EFFECTS,
    peerAddress: socket.remoteAddress,
    ownAddress: socket.localAddress,
    headers,
  };
}

/** A service with its types forgotten, to be served beside others. */
export function adminService<S extends DescService>(service: AdminService<S>): AdminService {
  return service;
}
