import { readFile } from "node:fs/promises";
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
  { url, adminKeyFile }: AdminOptions,
): Promise<MessageShape<M>> {
  const key = await readKey(adminKeyFile);
  const response = await requestGateway(url, path, {
    method,
    headers: key === undefined ? {} : { authorization: `Bearer ${key}` },
  }).catch((error: Error) => {
    throw error instanceof CliError ? new CliError(withAdvice(error.message, key)) : error;
  });
  return fromJson(answer, (await response.json()) as JsonValue, { ignoreUnknownFields: true });
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
