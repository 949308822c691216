import { readFileSync } from "node:fs";
import { createSecureContext } from "node:tls";
import type { ServerConfig, TlsConfig } from "../gen/parlance/config/v1/config_pb.js";
import { millisecondsOf } from "./duration.js";
import type { Report } from "./reporter.js";

const MAX_PORT = 65_535;
const MIN_BODY_BYTES = 1024n;
// A message is held as one Buffer, and the RPC library counts its bytes in 32 bits.
const MAX_BODY_BYTES = 2_147_483_647n;

/** Checks the listener's settings, and reads the files that it would serve TLS with. */
export function checkServer(server: ServerConfig | undefined, report: Report): void {
  if (server === undefined) return;
  if (server.host === "") report(["server", "host"], "must not be empty. Write 0.0.0.0 or :: for every address.");
  if (server.port !== undefined && (server.port < 0 || server.port > MAX_PORT)) {
    report(["server", "port"], `must be from 0 to ${MAX_PORT}, not ${server.port}.`);
  }
  const { maxBodyBytes } = server;
  if (maxBodyBytes !== undefined && (maxBodyBytes < MIN_BODY_BYTES || maxBodyBytes > MAX_BODY_BYTES)) {
    report(["server", "max_body_bytes"], `must be from ${MIN_BODY_BYTES} to ${MAX_BODY_BYTES}.`);
  }
  for (const [name, duration] of [
    ["header_timeout", server.headerTimeout],
    ["body_timeout", server.bodyTimeout],
    ["request_timeout", server.requestTimeout],
  ] as const) {
    if (millisecondsOf(duration, 1) <= 0) report(["server", name], "must be longer than nothing.");
  }
  server.corsOrigins.forEach((origin, index) => checkOrigin(origin, index, report));
  if (server.tls !== undefined) checkTls(server.tls, report);
}

function checkOrigin(origin: string, index: number, report: Report): void {
  if (origin === "*") return;
  const path = ["server", "cors_origins", index];
  if (!/^[a-z][a-z0-9+.-]*:\/\/./i.test(origin) || !URL.canParse(origin)) {
    report(path, 'must be an origin such as "https://app.example.com", or "*" for any.');
    return;
  }
  // Browsers send scheme, host and port only, in lower case, and leave out the usual port.
  const { protocol, host } = new URL(origin);
  const sent = `${protocol}//${host}`;
  if (sent !== origin) report(path, "is not what a browser sends as its origin.", sent);
}

function checkTls({ certFile, keyFile }: TlsConfig, report: Report): void {
  const cert = readPem("cert_file", certFile, report);
  const key = readPem("key_file", keyFile, report);
  if (cert === undefined || key === undefined) return;
  try {
    createSecureContext({ cert, key });
  } catch (error) {
    report(["server", "tls"], `cannot be served with these files: ${(error as Error).message}.`);
  }
}

function readPem(name: string, file: string, report: Report): string | undefined {
  if (file === "") {
    report(["server", "tls", name], "is required to serve TLS.");
    return undefined;
  }
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    report(["server", "tls", name], `names a file that cannot be read: ${(error as Error).message}.`);
    return undefined;
  }
}
