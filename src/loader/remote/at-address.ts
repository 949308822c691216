import { readFileSync } from "node:fs";
import type { Carrier } from "./carrier.js";
import type { Placement } from "./placement.js";

/** A plugin that somebody else runs, at `unix:/path`, `http://host:port` or `https://host:port`. */
export function atAddress(address: string, { token, caFile }: Placement): Carrier {
  const secure = address.startsWith("https:");
  return {
    target: address.startsWith("unix:") ? address : hostAndPort(address),
    token,
    trust: secure ? (caFile === undefined ? "system" : readFileSync(caFile)) : undefined,
    ended: new Promise(() => {}),
    listening: Promise.resolve(),
    memory: () => undefined,
    stop: () => Promise.resolve(),
    kill: () => {},
  };
}

function hostAndPort(address: string): string {
  const { hostname, port, protocol } = new URL(address);
  return `dns:${hostname}:${port === "" ? (protocol === "https:" ? "443" : "80") : port}`;
}
