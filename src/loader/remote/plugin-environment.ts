import { ACCEPTED_API } from "../manifest.js";
import type { PrivateSocket } from "./private-socket.js";

const ALWAYS = ["PATH", "HOME", "LANG"];

/**
 * The environment of a plugin out of the gateway's thread: where to listen, what a program needs anywhere, and the
 * variables that its manifest asks for. The gateway's own are not among them.
 */
export function pluginEnvironment(
  socket: PrivateSocket,
  maxMessageBytes: number,
  asked: readonly string[],
  own: NodeJS.ProcessEnv = process.env,
): Record<string, string> {
  const environment: Record<string, string> = {};
  for (const name of [...ALWAYS, ...asked]) {
    const value = own[name];
    if (value !== undefined) environment[name] = value;
  }
  return {
    ...environment,
    PARLANCE_PLUGIN_SOCKET: socket.path,
    PARLANCE_PLUGIN_API: String(ACCEPTED_API.max),
    PARLANCE_PLUGIN_TOKEN: socket.token,
    PARLANCE_PLUGIN_MAX_MESSAGE_BYTES: String(maxMessageBytes),
  };
}
