import { ConnectError } from "@connectrpc/connect";
import { errorDetails, type ParlanceError } from "../../sdk/index.js";

/** The error for the services that Connect's library carries. */
export function toConnectError(error: ParlanceError, requestId: string): ConnectError {
  const connectError = new ConnectError(error.message, error.rule.grpc, { "x-request-id": requestId });
  connectError.details = errorDetails(error, requestId).map(({ desc, value }) => ({ desc, value: { ...value } }));
  return connectError;
}
