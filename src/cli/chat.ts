import { createInterface } from "node:readline/promises";
import { readSse, SseSplitter } from "../sdk/index.js";
import { CliError } from "./cli-error.js";
import { requestGateway } from "./request-gateway.js";

/** Flags of `parlance chat`. */
export interface ChatOptions {
  readonly model: string;
  readonly system?: string;
  readonly url: string;
}

interface ChatMessage {
  readonly role: "system" | "user" | "assistant";
  readonly content: string;
}

/** `parlance chat`: streams an answer to the terminal; without a prompt, a conversation. */
export async function chat(words: readonly string[], options: ChatOptions): Promise<void> {
  const history: ChatMessage[] = options.system === undefined ? [] : [{ role: "system", content: options.system }];
  const prompt = await promptOf(words);
  if (prompt !== undefined) {
    await turn(history, prompt, options);
    return;
  }
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  terminal.on("close", () => process.exit(0));
  for (;;) {
    const line = (await terminal.question("> ")).trim();
    if (line === "") continue;
    try {
      await turn(history, line, options);
    } catch (error) {
      // A failed turn is no reason to lose the conversation.
      if (!(error instanceof CliError)) throw error;
      process.stderr.write(`${error.message}\n`);
    }
  }
}

async function promptOf(words: readonly string[]): Promise<string | undefined> {
  if (words.length > 0 && words.join(" ") !== "-") return words.join(" ");
  if (process.stdin.isTTY && words.length === 0) return undefined;
  const pieces: Buffer[] = [];
  for await (const piece of process.stdin) pieces.push(piece as Buffer);
  const text = Buffer.concat(pieces).toString("utf8").trim();
  if (text === "") throw new CliError("There is nothing to say: give a prompt, or pipe one in.");
  return text;
}

/** One question and its answer; Ctrl-C ends the answer. */
async function turn(history: ChatMessage[], prompt: string, options: ChatOptions): Promise<void> {
  history.push({ role: "user", content: prompt });
  const abort = new AbortController();
  const onInterrupt = (): void => abort.abort();
  process.once("SIGINT", onInterrupt);
  const began = performance.now();
  const answer = new StreamedAnswer(began);
  try {
    const response = await requestGateway(options.url, "/v1/chat/completions", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({
        model: options.model,
        messages: history,
        stream: true,
        stream_options: { include_usage: true },
      }),
      signal: abort.signal,
    });
    const splitter = new SseSplitter();
    for await (const bytes of response.body ?? []) {
      const whole = splitter.push(Buffer.from(bytes));
      if (whole !== undefined) readSse(whole, ({ data }) => answer.read(data));
    }
  } catch (error) {
    if ((error as Error).name !== "AbortError") {
      // What got no answer is not part of the conversation.
      history.pop();
      if (answer.text !== "") process.stdout.write("\n");
      throw error instanceof CliError ? error : new CliError(`The answer was cut: ${causeOf(error)}.`);
    }
  } finally {
    process.off("SIGINT", onInterrupt);
  }
  history.push({ role: "assistant", content: answer.text });
  process.stdout.write("\n");
  process.stderr.write(dim(answer.summary(options.model)));
}

function causeOf(error: unknown): string {
  const { message, cause } = error as Error;
  return cause instanceof Error ? `${message} (${cause.message})` : message;
}

class StreamedAnswer {
  text = "";
  readonly #began: number;
  #firstAt: number | undefined;
  #model = "";
  #usage: { prompt_tokens?: number; completion_tokens?: number } | undefined;

  constructor(began: number) {
    this.#began = began;
  }

  read(data: string): void {
    if (data === "[DONE]") return;
    const event = JSON.parse(data) as {
      model?: string;
      error?: { message?: string };
      usage?: { prompt_tokens?: number; completion_tokens?: number } | null;
      choices?: { delta?: { content?: string | null; reasoning_content?: string; tool_calls?: unknown[] } }[];
    };
    if (event.error) throw new CliError(event.error.message ?? "The answer failed.");
    if (event.model) this.#model = event.model;
    if (event.usage) this.#usage = event.usage;
    const delta = event.choices?.[0]?.delta;
    if (delta?.content || delta?.reasoning_content || delta?.tool_calls) this.#firstAt ??= performance.now();
    if (delta?.reasoning_content) process.stderr.write(dim(delta.reasoning_content));
    if (delta?.tool_calls) process.stderr.write(dim(JSON.stringify(delta.tool_calls)));
    if (delta?.content) {
      this.text += delta.content;
      process.stdout.write(delta.content);
    }
  }

  summary(asked: string): string {
    const model = this.#model === "" || this.#model === asked ? asked : `${asked} (${this.#model})`;
    const tokens =
      this.#usage && `${this.#usage.prompt_tokens ?? "?"} tokens in, ${this.#usage.completion_tokens ?? "?"} out`;
    const first = this.#firstAt && `first token after ${Math.round(this.#firstAt - this.#began)} ms`;
    const total = `${Math.round(performance.now() - this.#began)} ms in all`;
    return `${[model, tokens, first, total].filter((part) => part !== undefined).join(" · ")}\n`;
  }
}

function dim(text: string): string {
  return process.stderr.isTTY && process.env.NO_COLOR === undefined ? `\u001b[2m${text}\u001b[0m` : text;
}
