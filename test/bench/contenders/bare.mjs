// node:http in front, undici behind, nothing between.
import http from "node:http";
import { createProxy } from "./dispatch.mjs";

const proxy = createProxy(process.argv[2]);
const server = http.createServer((request, response) => {
  const pieces = [];
  request.on("data", (piece) => pieces.push(piece));
  request.on("end", () => {
    const body = pieces.length === 1 ? pieces[0] : Buffer.concat(pieces);
    proxy(request.url, request.headers, body, response);
  });
});
server.listen(0, "127.0.0.1", () => process.send({ ready: { h1: server.address().port } }));
