import { totalmem } from "node:os";
import { getHeapStatistics, setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/** What the process has of memory, and may have. */
export interface MemoryMeter {
  /** Bytes that it may have. */
  readonly mostBytes: number;
  /** Bytes that its heap may have. */
  readonly mostHeapBytes: number;
  use(): MemoryUse;
  /** Gives back what nobody uses any more. The process stands still for that long. */
  collect(): void;
}

/** What is in use. */
export interface MemoryUse {
  /** Of the process. */
  readonly bytes: number;
  /** Of that, in the heap. */
  readonly heapBytes: number;
}

/**
 * The memory of this process. Counted is what it began with and what its heap and its buffers hold, not what is resident:
 * what once was resident stays so after it was freed (the allocator keeps 270 of 300 MB of freed bodies), is used again,
 * and would keep a gateway shut for good after one flood.
 */
export function processMemory(): MemoryMeter {
  const start = process.memoryUsage();
  const native = Math.max(0, start.rss - start.heapTotal - start.external);
  let collect: (() => void) | undefined;
  return {
    // No limit is told as one of 2^64.
    mostBytes: Math.min(process.constrainedMemory() || Number.POSITIVE_INFINITY, totalmem()),
    mostHeapBytes: getHeapStatistics().heap_size_limit,
    use() {
      const { rss, heapUsed, external } = process.memoryUsage();
      return { bytes: Math.min(rss, native + heapUsed + external), heapBytes: heapUsed };
    },
    collect() {
      collect ??= exposeCollector();
      collect();
    },
  };
}

/** Without the flag at the start, which whoever starts the gateway would have to know of. */
function exposeCollector(): () => void {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  setFlagsFromString("--no-expose-gc");
  return collect;
}
