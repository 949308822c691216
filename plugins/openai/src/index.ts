import { definePlugin } from "@parlance/sdk";
import { createOpenAI } from "./openai.js";

export default definePlugin({ create: createOpenAI });
