// Says on its socket what no protocol says.
import { createServer } from "node:net";

createServer((socket) => {
  socket.on("error", () => {});
  socket.write("good morning\r\n".repeat(1000));
}).listen(process.env.PARLANCE_PLUGIN_SOCKET);
process.stdin.on("end", () => process.exit(0)).resume();
