import { Agent, request } from "node:http";

/** How one stream ended for its client. */
export type StreamEnd = "whole" | "left" | { readonly failed: string };

/** Clients that keep their connections. */
export interface StreamClient {
  /** Asks for a stream and reads it to its end; `leave`: closes the connection in the middle of it. */
  read(model: string, key: string, leave: boolean): Promise<StreamEnd>;
  close(): void;
}

/** Clients of OpenAI's chat completions, on bare sockets, as a thousand of an SDK's would be what is measured. */
export function createStreamClient(url: string, words: string): StreamClient {
  const agent = new Agent({ keepAlive: true });
  const read = (model: string, key: string, leave: boolean): Promise<StreamEnd> =>
    new Promise((resolve) => {
      let text = "";
      const asking = request(
        `${url}/v1/chat/completions`,
        {
          agent,
          method: "POST",
          headers: { "content-type": "application/json", authorization: `Bearer ${key}` },
        },
        (answer) => {
          answer.setEncoding("utf8");
          answer.on("data", (piece: string) => {
            text += piece;
            if (!leave) return;
            asking.destroy();
            resolve("left");
          });
          answer.on("end", () => resolve(judge(answer.statusCode, text, words)));
          answer.on("error", (error) => resolve({ failed: `the answer was cut: ${error.message}` }));
        },
      );
      asking.on("error", (error) => resolve({ failed: `no answer: ${error.message}` }));
      asking.end(JSON.stringify({ model, stream: true, messages: [{ role: "user", content: "Go on" }] }));
    });
  return { read, close: () => agent.destroy() };
}

/** An answer is whole when it is one target's text, once, with its finish and its end. */
function judge(status: number | undefined, text: string, words: string): StreamEnd {
  if (status !== 200) return { failed: `status ${status}: ${text.slice(0, 300)}` };
  const events = text.split("\n\n").filter((event) => event !== "");
  if (events.pop() !== "data: [DONE]") return { failed: `without its end: ${text.slice(-300)}` };
  let said = "";
  let finishes = 0;
  for (const event of events) {
    const chunk = JSON.parse(event.replace(/^data: /, "")) as {
      choices?: { delta: { content?: string }; finish_reason: string | null }[];
    };
    const choice = chunk.choices?.[0];
    said += choice?.delta.content ?? "";
    if (choice?.finish_reason != null) finishes += 1;
  }
  if (said !== words) return { failed: `said "${said}"` };
  return finishes === 1 ? "whole" : { failed: `${finishes} finishes` };
}
