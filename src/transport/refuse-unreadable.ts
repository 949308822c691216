import { STATUS_CODES } from "node:http";
import type { Socket } from "node:net";
import type { Gateway } from "../core/gateway.js";
import { type ErrorDialect, ParlanceError } from "../sdk/index.js";

const UNREADABLE = { status: 400, message: "The connection does not carry an HTTP request that can be read." };
const BY_CODE: Readonly<Record<string, typeof UNREADABLE>> = {
  ERR_HTTP_REQUEST_TIMEOUT: {
    status: 408,
    message: "The request's headers did not arrive in time (server.header_timeout).",
  },
  HPE_HEADER_OVERFLOW: { status: 431, message: "The request's headers are larger than 16 KiB." },
};

/**
 * Answers, on the bare connection, what has not come so far as to be a request: no HTTP, late or too large headers.
 * Nobody can tell which door it was meant for, so it has the dialect of none.
 */
export function refuseUnreadable(gateway: Gateway, dialect: ErrorDialect) {
  return (thrown: Error, socket: Socket): void => {
    const { code = "" } = thrown as NodeJS.ErrnoException;
    if (code === "ECONNRESET" || socket.destroyed) return;
    const { status, message } = BY_CODE[code] ?? UNREADABLE;
    const error = new ParlanceError("invalid_request", message);
    const id = gateway.newId();
    const body = JSON.stringify(dialect.encodeError(error, id));
    if (socket.writable) {
      socket.write(
        `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nx-request-id: ${id}\r\ncontent-type: application/json; charset=utf-8\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
      );
    }
    socket.destroy(thrown);
    gateway.refused({ id, door: "none", method: "", path: "", error });
  };
}
