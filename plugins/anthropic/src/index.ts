import { definePlugin } from "@parlance/sdk";
import { createAnthropic } from "./anthropic.js";

export default definePlugin({ create: createAnthropic });
