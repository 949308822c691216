import { definePlugin } from "@parlance/sdk";
import { createOllama } from "./ollama.js";

export default definePlugin({ create: createOllama });
