import { EventEmitter } from "node:events";
import type { Message } from "@bufbuild/protobuf";
import type { MessageLine } from "./carrier.js";
import type { CallEvents, Connection, Method, UnaryOptions } from "./connection.js";
import type { FromPlugin, ToPlugin } from "./messages.js";

const CANCELLED = 1;
const DEADLINE_EXCEEDED = 4;
const UNAVAILABLE = 14;

type Receive = (message: FromPlugin) => void;

/** A line to a plugin in a thread: the calls of the service as messages. */
export function openMessages(line: MessageLine): Connection {
  const calls = new Map<number, Receive>();
  let made = 0;
  let heard = performance.now();
  const say = (message: ToPlugin): void => line.post(message);
  line.onMessage((message) => {
    const told = message as FromPlugin;
    const receive = calls.get(told.id);
    if (receive === undefined) return;
    heard = performance.now();
    receive(told);
  });
  const begin = (method: Method, request: Message, receive: Receive): number => {
    made += 1;
    calls.set(made, receive);
    say({ id: made, path: method.path, request: method.requestSerialize(request) });
    return made;
  };
  const cancel = (id: number, code: number, message: string): void => {
    const receive = calls.get(id);
    if (receive === undefined) return;
    say({ id, cancel: true });
    receive({ id, error: { code, message, details: undefined } });
  };
  return {
    unary<O extends Message>(method: Method, request: Message, { signal, timeoutMs }: UnaryOptions = {}) {
      return new Promise<O>((resolve, reject) => {
        const over = (): void => {
          calls.delete(id);
          clearTimeout(timer);
          signal?.removeEventListener("abort", stop);
        };
        const id = begin(method, request, (message) => {
          const [answer] = "messages" in message ? message.messages : [];
          if (answer !== undefined) resolve(method.responseDeserialize(answer as Buffer) as O);
          else if ("error" in message) reject(failure(message.error));
          over();
        });
        const stop = (): void => cancel(id, CANCELLED, "The call was cancelled.");
        const timer =
          timeoutMs === undefined
            ? undefined
            : setTimeout(() => cancel(id, DEADLINE_EXCEEDED, "It did not answer in time."), timeoutMs).unref();
        signal?.addEventListener("abort", stop, { once: true });
        if (signal?.aborted) stop();
      });
    },
    stream(method, request) {
      const events = new MessageCall(
        (paused) => say({ id, paused }),
        () => cancel(id, CANCELLED, "It was cancelled."),
      );
      const id = begin(method, request, (message) => {
        if ("messages" in message) {
          for (const bytes of message.messages) events.emit("data", method.responseDeserialize(bytes as Buffer));
          return;
        }
        calls.delete(id);
        if ("error" in message) events.emit("error", failure(message.error));
        else events.emit("end");
      });
      return events;
    },
    heard: () => heard,
    hear() {},
    close() {
      for (const [id, receive] of calls) {
        receive({ id, error: { code: UNAVAILABLE, message: "It ended.", details: undefined } });
      }
    },
  };
}

/** A call whose answer is many messages. */
class MessageCall extends EventEmitter implements CallEvents {
  readonly #pause: (paused: boolean) => void;
  readonly #cancel: () => void;
  #paused = false;

  constructor(pause: (paused: boolean) => void, cancel: () => void) {
    super();
    this.#pause = pause;
    this.#cancel = cancel;
  }

  isPaused(): boolean {
    return this.#paused;
  }

  pause(): void {
    this.#paused = true;
    this.#pause(true);
  }

  resume(): void {
    this.#paused = false;
    this.#pause(false);
  }

  cancel(): void {
    this.#cancel();
  }
}

/** A status in the shape in which `@grpc/grpc-js` throws it. */
function failure({
  code,
  message,
  details,
}: {
  code: number;
  message: string;
  details: Uint8Array | undefined;
}): Error {
  return Object.assign(new Error(message), {
    code,
    details: message,
    metadata: { get: () => (details === undefined ? [] : [details]) },
  });
}
