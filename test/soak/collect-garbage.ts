import { processMemory } from "../../src/resilience/memory-meter.js";

/** Bytes that the heap of this process holds once its garbage is collected. */
export async function liveHeapBytes(): Promise<number> {
  const memory = processMemory();
  // What a collection lets go of may let go of more.
  for (let i = 0; i < 3; i += 1) {
    memory.collect();
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return memory.use().heapBytes;
}
