import { definePlugin } from "@parlance/sdk";
import { createAzureOpenAI } from "./azure-openai.js";

export default definePlugin({ create: createAzureOpenAI });
