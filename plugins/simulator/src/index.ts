import { definePlugin } from "@parlance/sdk";
import { createSimulator } from "./simulator.js";

export default definePlugin({ create: (settings) => createSimulator(settings) });
