/** Hears what is written to standard output and error of this process. */
type Listener = (text: string) => void;

const listeners = new Set<Listener>();
let restore = (): void => {};

/** Tells `listener` what is written from now on, until the function that comes back is called. It is written all the same. */
export function hearOutput(listener: Listener): () => void {
  if (listeners.size === 0) restore = tap();
  listeners.add(listener);
  return () => {
    listeners.delete(listener);
    if (listeners.size === 0) restore();
  };
}

function tap(): () => void {
  const streams = [process.stdout, process.stderr];
  const own = streams.map((stream) => Object.getOwnPropertyDescriptor(stream, "write"));
  for (const stream of streams) {
    const write = stream.write.bind(stream) as (...args: unknown[]) => boolean;
    stream.write = (...args: unknown[]): boolean => {
      const [bytes] = args;
      const text = typeof bytes === "string" ? bytes : Buffer.from(bytes as Uint8Array).toString();
      for (const listener of listeners) listener(text);
      return write(...args);
    };
  }
  return () => {
    streams.forEach((stream, index) => {
      const before = own[index];
      if (before === undefined) Reflect.deleteProperty(stream, "write");
      else Object.defineProperty(stream, "write", before);
    });
  };
}
