import { definePlugin } from "@parlance/sdk";
import { createMistral } from "./mistral.js";

export default definePlugin({ create: createMistral });
