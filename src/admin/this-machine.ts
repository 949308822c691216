import type { IncomingHttpHeaders } from "node:http";
import type { AdminCall } from "../core/admin-call.js";

/** Headers by which proxies tell whom they speak for. */
const FORWARDING = /^(?:forwarded|via|x-forwarded-.+|x-real-ip|x-client-ip|true-client-ip|cf-connecting-ip)$/;

/**
 * Whether a call comes from a program on the gateway's own machine: both ends of the connection are loopback, no proxy
 * stands between, and it is no web page's. A page of another site can have its own name lead to loopback (DNS rebinding),
 * so the host that is asked for must be loopback too.
 */
export function isFromThisMachine({ peerAddress, ownAddress, headers }: Omit<AdminCall, "readOnly">): boolean {
  return (
    isLoopback(peerAddress) &&
    isLoopback(ownAddress) &&
    !Object.keys(headers).some((name) => FORWARDING.test(name)) &&
    isForLoopback(headers) &&
    isOfNoOtherSite(headers)
  );
}

function isLoopback(address: string | undefined): boolean {
  // A socket of both families writes IPv4 as IPv6.
  const plain = address?.replace(/^::ffff:/i, "") ?? "";
  return plain === "::1" || /^127\.\d+\.\d+\.\d+$/.test(plain);
}

function isForLoopback(headers: IncomingHttpHeaders): boolean {
  const hosts = [headers[":authority"], headers.host].filter((host) => host !== undefined);
  return hosts.length > 0 && hosts.every((host) => isLoopbackHost(String(host)));
}

function isLoopbackHost(host: string): boolean {
  const url = `http://${host}`;
  if (!URL.canParse(url)) return false;
  const { hostname } = new URL(url);
  return /^(?:.+\.)?localhost$/.test(hostname) || isLoopback(hostname.replace(/^\[(.*)\]$/, "$1"));
}

/** A page's script says where it is from. Only one that this gateway has served itself is at home here. */
function isOfNoOtherSite(headers: IncomingHttpHeaders): boolean {
  const { origin, "sec-fetch-site": site } = headers;
  if (site !== undefined && site !== "same-origin" && site !== "none") return false;
  if (origin === undefined) return true;
  return URL.canParse(origin) && new URL(origin).host === String(headers[":authority"] ?? headers.host).toLowerCase();
}
