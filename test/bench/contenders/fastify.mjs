// Fastify in front, undici behind, nothing between.
import { fastify } from "fastify";
import { createProxy } from "./dispatch.mjs";

const proxy = createProxy(process.argv[2]);
const server = fastify({ bodyLimit: 1 << 25 });
server.removeAllContentTypeParsers();
server.addContentTypeParser("*", { parseAs: "buffer" }, (_request, body, done) => done(null, body));
server.post("/*", (request, reply) => {
  reply.hijack();
  proxy(request.url, request.headers, request.body, reply.raw);
});
await server.listen({ port: 0, host: "127.0.0.1" });
process.send({ ready: { h1: server.server.address().port } });
