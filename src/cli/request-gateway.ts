import { CliError } from "./cli-error.js";

/** A request to a running gateway; what goes wrong is said in a sentence. */
export async function requestGateway(url: string, path: string, init: RequestInit = {}): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(`${url.replace(/\/+$/, "")}${path}`, init);
  } catch (error) {
    if ((error as Error).name === "AbortError") throw error;
    throw new CliError(
      `No gateway answers at ${url}. Start one with \`parlance serve\` (or \`npm start\`), or give --url.`,
    );
  }
  if (response.ok) return response;
  const text = await response.text();
  throw new CliError(messageOf(text) ?? `The gateway answered ${response.status}: ${text.slice(0, 500)}`);
}

function messageOf(text: string): string | undefined {
  try {
    return (JSON.parse(text) as { error?: { message?: string } }).error?.message;
  } catch {
    return undefined;
  }
}
