import { definePlugin } from "@parlance/sdk";
import { createVertex } from "./vertex.js";

export default definePlugin({ create: createVertex });
