// Answers the handshake with a version that nobody has asked for.
import { Server, ServerCredentials } from "@grpc/grpc-js";

const whole = (bytes) => bytes;
const method = {
  path: "/parlance.provider.v1.ProviderService/Handshake",
  requestStream: false,
  responseStream: false,
  requestDeserialize: whole,
  responseSerialize: whole,
};
const server = new Server();
// Field 1, a number: 2.
server.addService({ handshake: method }, { handshake: (_call, done) => done(null, Buffer.from([0x08, 0x02])) });
server.bindAsync(`unix:${process.env.PARLANCE_PLUGIN_SOCKET}`, ServerCredentials.createInsecure(), () => {});
process.stdin.on("end", () => process.exit(0)).resume();
