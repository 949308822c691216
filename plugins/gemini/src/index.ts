import { definePlugin } from "@parlance/sdk";
import { createGemini } from "./gemini.js";

export default definePlugin({ create: createGemini });
