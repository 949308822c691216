import { definePlugin } from "@parlance/sdk";
import { createCohere } from "./cohere.js";

export default definePlugin({ create: createCohere });
