import { type DescService, fromBinary, type Message, toBinary } from "@bufbuild/protobuf";
import type { MethodDefinition } from "@grpc/grpc-js";

/** The methods of a service as `@grpc/grpc-js` takes them, for servers and clients alike, by their names in the service. */
export function rpcMethods(service: DescService): Record<string, MethodDefinition<Message, Message>> {
  return Object.fromEntries(
    service.methods.map(({ localName, name, methodKind, input, output }) => [
      localName,
      {
        path: `/${service.typeName}/${name}`,
        requestStream: methodKind === "client_streaming" || methodKind === "bidi_streaming",
        responseStream: methodKind === "server_streaming" || methodKind === "bidi_streaming",
        requestSerialize: (message) => bufferOf(toBinary(input, message)),
        requestDeserialize: (bytes) => fromBinary(input, bytes),
        responseSerialize: (message) => bufferOf(toBinary(output, message)),
        responseDeserialize: (bytes) => fromBinary(output, bytes),
      },
    ]),
  );
}

function bufferOf(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
