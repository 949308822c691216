import type { Gateway } from "../../core/gateway.js";
import { embeddings as embeddingsDialect } from "../../dialects/embeddings/index.js";
import { openaiChat } from "../../dialects/openai-chat/index.js";
import { completeChat } from "../complete-chat.js";
import type { KeepAlive } from "../keep-alive.js";
import { throughDoor, type VendorApi } from "../through-door.js";
import { embeddings } from "./embeddings.js";
import { readUsage } from "./read-usage.js";

const DOOR = "openai-through";

/** https://platform.openai.com/docs/api-reference, each word of its paths once. */
const WORDS =
  "assistants audio batches beta cancel certificates chat checkpoints client_secrets complete compact completions containers content conversations edits embeddings evals events file_batches files fine_tuning generations images input_items input_tokens items jobs messages models moderations organization output_items parts pause permissions projects realtime remix responses resume runs search sessions speech steps submit_tool_outputs threads transcription_sessions transcriptions translations uploads users validate variations vector_stores videos voices";

const OPENAI: VendorApi = {
  api: "openai",
  door: DOOR,
  dialect: openaiChat,
  words: new Set(WORDS.split(" ")),
  // Sound, pictures and films are made by a model; other forms hold files only.
  formHasModel: (path) => /^\/v1\/(?:audio|images|videos)(?:\/|$)/.test(path),
  readUsage,
};

/** `/openai/v1/...`: OpenAI's own API, passed on to targets that have it. */
export function openAiThroughDoor(gateway: Gateway, keepAlive: KeepAlive, maxBodyBytes: number) {
  return throughDoor(gateway, OPENAI, maxBodyBytes, (through) => ({
    "/v1/chat/completions": completeChat(gateway, openaiChat, DOOR, keepAlive, through),
    "/v1/embeddings": embeddings(gateway, embeddingsDialect, DOOR, through),
  }));
}
