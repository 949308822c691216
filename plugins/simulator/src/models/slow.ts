import type { SimulatedModel } from "../behaviour.js";
import { lorem } from "./lorem.js";

/** `slow`: as `lorem`, with 2 seconds before the first token and 5 tokens a second. */
export const slow: SimulatedModel = { ...lorem, pace: { timeToFirstTokenMs: 2000, tokensPerSecond: 5 } };
