import type { DescService, Message } from "@bufbuild/protobuf";
import {
  Metadata,
  type ServerUnaryCall,
  type ServerWritableStream,
  type ServiceError,
  status,
  type UntypedServiceImplementation,
} from "@grpc/grpc-js";
import { type Answers, BareStatus, statusOfThrown } from "./served-methods.js";

type Call = ServerUnaryCall<Message, Message> | ServerWritableStream<Message, Message>;

/** The answers as `@grpc/grpc-js` calls them. */
export function toHandlers(
  service: DescService,
  answers: Answers,
  mayCall: (authorization: string) => boolean,
  plugin: string,
): UntypedServiceImplementation {
  const begin = (call: Call, name: string, signal: AbortSignal) => {
    if (!mayCall(String(call.metadata.get("authorization")[0] ?? ""))) {
      throw new BareStatus(status.UNAUTHENTICATED, "The call brings no token, or a wrong one.");
    }
    const answer = answers[name];
    if (answer === undefined) throw new BareStatus(status.UNIMPLEMENTED, `There is no method "${name}".`);
    return answer(call.request as never, signal);
  };
  return Object.fromEntries(
    service.methods.map(({ localName, methodKind }) => [
      localName,
      methodKind === "server_streaming"
        ? (call: ServerWritableStream<Message, Message>) =>
            void stream(call, plugin, (signal) => begin(call, localName, signal))
        : (
            call: ServerUnaryCall<Message, Message>,
            done: (error: Partial<ServiceError> | null, answer?: Message) => void,
          ) => void unary(call, plugin, (signal) => begin(call, localName, signal), done),
    ]),
  );
}

type Begin = (signal: AbortSignal) => Message | Promise<Message> | AsyncIterable<Message>;

async function unary(
  call: ServerUnaryCall<Message, Message>,
  plugin: string,
  begin: Begin,
  done: (error: Partial<ServiceError> | null, answer?: Message) => void,
): Promise<void> {
  const controller = new AbortController();
  call.on("cancelled", () => controller.abort());
  try {
    const answer = (await begin(controller.signal)) as Message;
    done(null, answer);
  } catch (thrown) {
    done(toStatus(thrown, plugin, controller.signal));
  }
}

/** Writes no faster than the caller reads. */
async function stream(call: ServerWritableStream<Message, Message>, plugin: string, begin: Begin): Promise<void> {
  const controller = new AbortController();
  const { signal } = controller;
  let wake = (): void => {};
  call.on("cancelled", () => {
    controller.abort();
    wake();
  });
  call.on("drain", () => wake());
  try {
    for await (const message of begin(signal) as AsyncIterable<Message>) {
      if (signal.aborted) return;
      if (!call.write(message)) await new Promise<void>((resolve) => (wake = resolve));
      if (signal.aborted) return;
    }
    call.end();
  } catch (thrown) {
    if (!signal.aborted) call.emit("error", toStatus(thrown, plugin, signal));
  }
}

function toStatus(thrown: unknown, plugin: string, signal: AbortSignal): Partial<ServiceError> {
  const { code, message, details } = statusOfThrown(thrown, plugin, signal);
  const metadata = new Metadata();
  if (details !== undefined) metadata.set("grpc-status-details-bin", Buffer.from(details));
  return { code, details: message, metadata };
}
