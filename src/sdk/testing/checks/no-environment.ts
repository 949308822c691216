import { answerAs } from "../behaviours.js";
import { type Check, promise, Unsupported } from "../check.js";
import type { Kit } from "../kit.js";
import type { Recording } from "../recording.js";
import { runCall } from "../run-call.js";

const CANARY = "http://127.0.0.1:9/environment-canary";

export const noEnvironment: Check = {
  name: "no-environment",
  promise: "It does not read the environment: what it needs comes in its settings.",
  turn: "alone",
  async run(kit) {
    kit.needUpstream();
    const { place } = kit.subject;
    if (place === "address") throw new Unsupported("Somebody else runs it, in an environment that is not known here.");
    if (place !== "in_process")
      throw new Unsupported(
        "It runs elsewhere, in an environment that the gateway makes, of what its manifest asks for.",
      );
    const [recording] = kit.good("complete");
    const before = { ...process.env };
    try {
      for (const name of namesOf(kit)) process.env[name] = CANARY;
      await untouched(kit, recording, kit.apiKey);
      await untouched(kit, recording, undefined);
    } finally {
      for (const name of namesOf(kit)) {
        if (before[name] === undefined) delete process.env[name];
        else process.env[name] = before[name];
      }
    }
  },
};

async function untouched(kit: Kit, recording: Recording, apiKey: string | undefined): Promise<void> {
  const provider = await kit.make({ apiKey }).catch(() => undefined);
  // Without a credential there may be no provider.
  if (provider === undefined && apiKey === undefined) return;
  kit.upstream.behave(answerAs(recording.answer));
  promise(provider !== undefined, "a provider whatever the environment holds", "none");
  const { error } = await runCall(provider, recording.ask);
  if (apiKey !== undefined) {
    promise(
      kit.upstream.seen.length === 1,
      "the call to go to its base_url whatever the environment holds",
      `${kit.upstream.seen.length} calls`,
    );
    promise(error === undefined, "the same answer whatever the environment holds", String(error));
  }
  for (const { path, headers, body } of kit.upstream.seen) {
    const said = `${path} ${JSON.stringify(headers)} ${body.toString()}`;
    promise(
      !said.includes("environment-canary"),
      "a call that holds nothing of the environment",
      "the value of a variable in it",
    );
  }
}

/** The variables by which the vendor's own tools, or undici and its like, would be configured. */
function namesOf({ subject: { name, environment } }: Kit): string[] {
  const prefix = name.toUpperCase().replaceAll(/[^A-Z0-9]+/g, "_");
  const own = [
    "API_KEY",
    "KEY",
    "TOKEN",
    "BASE_URL",
    "API_BASE",
    "ENDPOINT",
    "HOST",
    "MODEL",
    "ORGANIZATION",
    "PROJECT",
  ];
  const proxies = ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"];
  return [...environment, ...own.map((end) => `${prefix}_${end}`), ...proxies];
}
