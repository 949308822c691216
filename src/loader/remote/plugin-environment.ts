import { ACCEPTED_API } from "../manifest.js";
import type { PrivateSocket } from "./private-socket.js";

const ALWAYS = ["PATH", "HOME", "LANG"];

/**
 * The environment of a plugin out of the gateway's thread: what a program needs anywhere, and the variables that its
 * manifest asks for. The gateway's own are not among them.
 */
export function pluginEnvironment(
  asked: readonly string[],
  own: NodeJS.ProcessEnv = process.env,
): Record<string, string> {
  const environment: Record<string, string> = { PARLANCE_PLUGIN_API: String(ACCEPTED_API.max) };
  for (const name of [...ALWAYS, ...asked]) {
    const value = own[name];
    if (value !== undefined) environment[name] = value;
  }
  return environment;
}

/** Where a process is to listen, and what it is to want of its callers. */
export function socketEnvironment(socket: PrivateSocket, maxMessageBytes: number): Record<string, string> {
  return {
    PARLANCE_PLUGIN_SOCKET: socket.path,
    PARLANCE_PLUGIN_TOKEN: socket.token,
    PARLANCE_PLUGIN_MAX_MESSAGE_BYTES: String(maxMessageBytes),
  };
}
