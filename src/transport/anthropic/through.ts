import type { Gateway } from "../../core/gateway.js";
import { anthropicMessages } from "../../dialects/anthropic-messages/index.js";
import { completeChat } from "../complete-chat.js";
import type { KeepAlive } from "../keep-alive.js";
import { throughDoor, type VendorApi } from "../through-door.js";

const DOOR = "anthropic-through";

/** https://platform.claude.com/docs/en/api/overview, each word of its paths once. */
const WORDS =
  "agents api_keys archive batches cancel complete content count_tokens environments events files invites members messages models organizations results sessions skills users versions workspaces";

const ANTHROPIC: VendorApi = {
  api: "anthropic",
  door: DOOR,
  dialect: anthropicMessages,
  words: new Set(WORDS.split(" ")),
  formHasModel: () => false,
};

/** `/anthropic/v1/...`: Anthropic's own API, passed on to targets that have it. */
export function anthropicThroughDoor(gateway: Gateway, keepAlive: KeepAlive, maxBodyBytes: number) {
  return throughDoor(gateway, ANTHROPIC, maxBodyBytes, (through) => ({
    "/v1/messages": completeChat(gateway, anthropicMessages, DOOR, keepAlive, through),
  }));
}
