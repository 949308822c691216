import { acme } from "./acme.js";

/** Reads as fast as the server writes, however slow its own reader is. */
export default acme({
  async *pass(answer) {
    const queue = [];
    let wake = () => {};
    const pump = (async () => {
      for await (const chunk of answer) {
        queue.push(chunk);
        wake();
        if (queue.left) return;
      }
    })().then(
      () => queue.push(undefined),
      (error) => queue.push({ error }),
    );
    try {
      for (;;) {
        while (queue.length === 0) {
          await new Promise((resolve) => {
            wake = resolve;
            void pump.then(resolve);
          });
        }
        const next = queue.shift();
        if (next === undefined) return;
        if (next.error !== undefined) throw next.error;
        yield next;
      }
    } finally {
      queue.left = true;
      // A server that says no more must still be left.
      void answer.return();
    }
  },
});
