import { createRegistry, type DescFile, type DescService, toBinary } from "@bufbuild/protobuf";
import { FileDescriptorProtoSchema } from "@bufbuild/protobuf/wkt";
import { Code, type ServiceImpl } from "@connectrpc/connect";
import type { ServerReflection, ServerReflectionRequest } from "../../gen/grpc/reflection/v1/reflection_pb.js";
import type { ServerReflection as ServerReflectionAlpha } from "../../gen/grpc/reflection/v1alpha/reflection_pb.js";

/**
 * Server reflection, so that tools of the grpcurl kind need no proto files. The two versions of the protocol are the
 * same but for their names: one implementation serves both. `draining` ends calls that are kept open between questions.
 */
export function reflectionService(
  services: readonly DescService[],
  draining?: AbortSignal,
): ServiceImpl<typeof ServerReflection> & ServiceImpl<typeof ServerReflectionAlpha> {
  const answer = createAnswerer(services);
  return {
    async *serverReflectionInfo(requests: AsyncIterable<unknown>) {
      // The requests of the two versions have the same fields.
      for await (const request of until(requests as AsyncIterable<ServerReflectionRequest>, draining)) {
        const { $typeName: _, ...originalRequest } = request;
        yield { validHost: request.host, originalRequest, messageResponse: answer(request) } as never;
      }
    },
  };
}

/** What a client streams, as long as the server is not told to end. */
async function* until<T>(source: AsyncIterable<T>, signal: AbortSignal | undefined): AsyncGenerator<T> {
  const iterator = source[Symbol.asyncIterator]();
  let stop = (): void => {};
  const end = new Promise<{ done: true }>((resolve) => {
    stop = () => resolve({ done: true });
  });
  signal?.addEventListener("abort", stop, { once: true });
  try {
    while (signal?.aborted !== true) {
      const next = await Promise.race([iterator.next(), end]);
      if (next.done) return;
      yield next.value;
    }
  } finally {
    signal?.removeEventListener("abort", stop);
  }
}

function createAnswerer(services: readonly DescService[]) {
  const files = new Map<string, DescFile>();
  const add = (file: DescFile): void => {
    if (files.has(fileName(file))) return;
    files.set(fileName(file), file);
    file.dependencies.forEach(add);
  };
  for (const service of services) add(service.file);
  const registry = createRegistry(...files.values());
  const enumValues = new Map<string, DescFile>();
  for (const type of registry) {
    if (type.kind !== "enum") continue;
    const scope = type.typeName.slice(0, type.typeName.length - type.name.length);
    for (const { name } of type.values) enumValues.set(scope + name, type.file);
  }

  const symbolFile = (symbol: string): DescFile | undefined => {
    const found = registry.get(symbol);
    if (found !== undefined) return found.file;
    // A method, field or enum value: the symbol without its last name is the type that holds it.
    const holder = registry.get(symbol.slice(0, Math.max(0, symbol.lastIndexOf("."))));
    const last = symbol.slice(symbol.lastIndexOf(".") + 1);
    // Values of an enum are named in the scope that holds the enum, not in the enum.
    if (enumValues.has(symbol)) return enumValues.get(symbol);
    if (holder?.kind === "service") return holder.methods.some(({ name }) => name === last) ? holder.file : undefined;
    if (holder?.kind === "message") return holder.members.some(({ name }) => name === last) ? holder.file : undefined;
    return undefined;
  };

  return ({ messageRequest }: ServerReflectionRequest) => {
    switch (messageRequest.case) {
      case "listServices":
        return {
          case: "listServicesResponse" as const,
          value: {
            service: services.map(({ typeName }) => ({ name: typeName })).sort((a, b) => (a.name < b.name ? -1 : 1)),
          },
        };
      case "fileByFilename":
        return fileAnswer(files.get(messageRequest.value), `file "${messageRequest.value}"`);
      case "fileContainingSymbol":
        return fileAnswer(symbolFile(messageRequest.value), `symbol "${messageRequest.value}"`);
      case "fileContainingExtension": {
        const { containingType, extensionNumber } = messageRequest.value;
        const message = registry.getMessage(containingType);
        const extension = message && registry.getExtensionFor(message, extensionNumber);
        return fileAnswer(extension?.file, `extension ${extensionNumber} of "${containingType}"`);
      }
      case "allExtensionNumbersOfType": {
        const message = registry.getMessage(messageRequest.value);
        if (message === undefined) return failure(Code.NotFound, `There is no message "${messageRequest.value}".`);
        const numbers: number[] = [];
        for (const type of registry) {
          if (type.kind === "extension" && type.extendee.typeName === message.typeName) numbers.push(type.number);
        }
        return {
          case: "allExtensionNumbersResponse" as const,
          value: { baseTypeName: message.typeName, extensionNumber: numbers },
        };
      }
      default:
        return failure(Code.InvalidArgument, "The request asks nothing.");
    }
  };
}

/** The file with all that it imports, so that one question is enough. */
function fileAnswer(file: DescFile | undefined, what: string) {
  if (file === undefined) return failure(Code.NotFound, `There is no ${what}.`);
  const wanted = new Map<string, DescFile>();
  const add = (one: DescFile): void => {
    if (wanted.has(fileName(one))) return;
    wanted.set(fileName(one), one);
    one.dependencies.forEach(add);
  };
  add(file);
  return {
    case: "fileDescriptorResponse" as const,
    value: { fileDescriptorProto: [...wanted.values()].map(({ proto }) => toBinary(FileDescriptorProtoSchema, proto)) },
  };
}

function failure(errorCode: Code, errorMessage: string) {
  return { case: "errorResponse" as const, value: { errorCode, errorMessage } };
}

/** protobuf-es leaves out the suffix; on the wire it is part of the name. */
function fileName(file: DescFile): string {
  return `${file.name}.proto`;
}
