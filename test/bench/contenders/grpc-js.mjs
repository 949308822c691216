// @grpc/grpc-js alone: the same service, with protobuf-es as its codec, without an upstream.
import { fromBinary, toBinary } from "@bufbuild/protobuf";
import { Server, ServerCredentials } from "@grpc/grpc-js";
import { CompletionService, chunkMessages, completionMessage } from "../wire.mjs";

const LARGE = 50_000;
const answers = { small: completionMessage("small"), large: completionMessage("large") };
const chunks = chunkMessages();

const server = new Server({ "grpc.max_receive_message_length": 1 << 25 });
server.addService(
  {
    complete: definition(CompletionService.method.complete),
    streamComplete: definition(CompletionService.method.streamComplete),
  },
  {
    complete({ request }, done) {
      const { length } = request.chat.messages[1].parts[0].kind.value.text;
      done(null, length > LARGE ? answers.large : answers.small);
    },
    streamComplete(call) {
      write(call, 0);
    },
  },
);
server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, port) => {
  if (error !== null) throw error;
  process.send({ ready: { h2: port } });
});

function write(call, from) {
  for (let next = from; next < chunks.length; next += 1) {
    if (!call.write(chunks[next])) {
      call.once("drain", () => write(call, next + 1));
      return;
    }
  }
  call.end();
}

function definition({ name, parent, input, output, methodKind }) {
  return {
    path: `/${parent.typeName}/${name}`,
    requestStream: false,
    responseStream: methodKind === "server_streaming",
    requestSerialize: (message) => Buffer.from(toBinary(input, message)),
    requestDeserialize: (bytes) => fromBinary(input, bytes),
    responseSerialize: (message) => Buffer.from(toBinary(output, message)),
    responseDeserialize: (bytes) => fromBinary(output, bytes),
  };
}
