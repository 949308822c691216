// The least that a proxy on undici does: the body as it came, the answer as it comes, both ways with backpressure.
import { Pool } from "undici";

/** Sends `body` to the upstream and its answer to `response`, a node:http one. */
export function createProxy(upstream) {
  const pool = new Pool(upstream, { connections: null, pipelining: 1 });
  return (path, headers, body, response) => {
    const type = headers["content-type"];
    pool.dispatch({ path, method: "POST", headers: ["content-type", type], body }, new Pass(response));
  };
}

class Pass {
  #response;
  #controller;

  constructor(response) {
    this.#response = response;
  }

  onRequestStart(controller) {
    this.#controller = controller;
    this.#response.on("close", () => {
      if (!this.#response.writableFinished) controller.abort(new Error("the client left"));
    });
  }

  onResponseStart(_controller, status, headers) {
    const passed = { "content-type": headers["content-type"] };
    if (headers["content-length"] !== undefined) passed["content-length"] = headers["content-length"];
    this.#response.writeHead(status, passed);
  }

  onResponseData(controller, bytes) {
    if (this.#response.write(bytes)) return;
    controller.pause();
    this.#response.once("drain", () => this.#controller.resume());
  }

  onResponseEnd() {
    this.#response.end();
  }

  onResponseError(_controller, error) {
    this.#response.destroy(error);
  }
}
