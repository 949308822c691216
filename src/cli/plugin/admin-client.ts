import { readFile } from "node:fs/promises";
import { createInterface } from "node:readline";
import { Readable } from "node:stream";
import type { ReadableStream } from "node:stream/web";
import { type DescMessage, fromJson, type JsonValue, type MessageShape } from "@bufbuild/protobuf";
import { CliError } from "../cli-error.js";
import { requestGateway } from "../request-gateway.js";

/** Which gateway is asked, and where its admin key is. */
export interface AdminOptions {
  readonly url: string;
  readonly adminKeyFile?: string | undefined;
}

/** Asks the operator's API of a running gateway. The key comes from a file or the environment, never from the command line. */
export async function askAdmin<M extends DescMessage>(
  method: "GET" | "POST",
  path: string,
  answer: M,
  options: AdminOptions,
  body?: JsonValue,
): Promise<MessageShape<M>> {
  const response = await send(method, path, options, body);
  return fromJson(answer, (await response.json()) as JsonValue, { ignoreUnknownFields: true });
}

/** Follows a stream of the operator's API, a message a line, until it ends or `signal` fires. */
export async function* followAdmin<M extends DescMessage>(
  path: string,
  message: M,
  options: AdminOptions,
  signal: AbortSignal,
): AsyncGenerator<MessageShape<M>> {
  const { body } = await send("GET", path, options, undefined, signal);
  if (body === null) return;
  for await (const line of createInterface({ input: Readable.fromWeb(body as ReadableStream) })) {
    const said = JSON.parse(line) as { error?: { message?: string } };
    if (said.error !== undefined) throw new CliError(said.error.message ?? "The gateway ended the watch.");
    yield fromJson(message, said as JsonValue, { ignoreUnknownFields: true });
  }
}

async function send(
  method: "GET" | "POST",
  path: string,
  { url, adminKeyFile }: AdminOptions,
  body?: JsonValue,
  signal?: AbortSignal,
): Promise<Response> {
  const key = await readKey(adminKeyFile);
  return requestGateway(url, path, {
    method,
    headers: {
      ...(key !== undefined && { authorization: `Bearer ${key}` }),
      ...(body !== undefined && { "content-type": "application/json" }),
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
    ...(signal !== undefined && { signal }),
  }).catch((error: Error) => {
    throw error instanceof CliError ? new CliError(withAdvice(error.message, key)) : error;
  });
}

async function readKey(file: string | undefined): Promise<string | undefined> {
  if (file === undefined) return process.env.PARLANCE_ADMIN_KEY?.trim() || undefined;
  const text = await readFile(file, "utf8").catch((error: Error) => {
    throw new CliError(`The admin key cannot be read: ${error.message}.`);
  });
  const key = text.trim();
  if (/^[\x21-\x7e]+$/.test(key)) return key;
  throw new CliError(`The file ${file} holds no admin key: it must be one word of visible ASCII.`);
}

/** What a caller of the API is told of headers, in words for whoever types commands. */
function withAdvice(message: string, key: string | undefined): string {
  // A gateway that has no key is not helped by another: its own words say what to do there.
  if (!/admin key/.test(message) || /No admin key is set/.test(message)) return message;
  const given = key === undefined ? "None was given" : "Another was given";
  return `${message}\n${given}: name a file that holds it with --admin-key-file, or set PARLANCE_ADMIN_KEY.`;
}
