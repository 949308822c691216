import { definePlugin } from "@parlance/sdk";
import { createBedrock } from "./bedrock.js";

export default definePlugin({ create: createBedrock });
