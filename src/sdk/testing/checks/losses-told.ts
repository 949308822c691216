import { fromJson, type JsonObject, toJson } from "@bufbuild/protobuf";
import { type ChatRequest, ChatRequestSchema } from "../../../gen/parlance/v1/chat_pb.js";
import { ParlanceError } from "../../errors.js";
import { type Check, promise } from "../check.js";
import type { Kit } from "../kit.js";
import type { Recording } from "../recording.js";
import { completionOf, succeeded, told } from "../run-call.js";

/** Fields that not every provider knows, each under the path by which its loss is told. */
const FIELDS: Readonly<Record<string, JsonObject>> = {
  temperature: { temperature: 0.37 },
  top_p: { topP: 0.41 },
  top_k: { topK: 17 },
  frequency_penalty: { frequencyPenalty: 0.43 },
  presence_penalty: { presencePenalty: 0.47 },
  stop: { stop: ["CONFORMANCE-STOP"] },
  seed: { seed: "4711" },
  logit_bias: { logitBias: { "17": 5 } },
  logprobs: { logprobs: true },
  response_format: { responseFormat: { jsonSchema: { name: "conformance", schema: { type: "object" } } } },
  reasoning: { reasoning: { effort: "REASONING_EFFORT_HIGH" } },
  service_tier: { serviceTier: "flex" },
  end_user: { endUser: "conformance-user" },
  metadata: { metadata: { conformance: "label" } },
  verbosity: { verbosity: "low" },
  prompt_cache_key: { promptCacheKey: "conformance-key" },
  "extensions.conformance.field": { extensions: { conformance: { field: 1 } } },
};

export const lossesTold: Check = {
  name: "losses-told",
  promise: "Every field of a request is said to the server, or told as a loss, or refused.",
  async run(kit) {
    const [recording] = kit.good("complete");
    if (recording.ask.operation !== "complete") return;
    await kit.play(recording);
    const before = said(kit);
    for (const [path, patch] of Object.entries(FIELDS)) {
      // Without a server only a field that nobody else can know is sure to be lost.
      if (!kit.subject.conformance.upstream && !path.startsWith("extensions")) continue;
      await notLost(kit, recording, path, withField(recording.ask.chat, patch), before);
    }
  },
};

async function notLost(kit: Kit, recording: Recording, path: string, chat: ChatRequest, before: string): Promise<void> {
  const outcome = await kit.play({ ...recording, ask: { ...recording.ask, chat } as Recording["ask"] });
  const { error } = outcome;
  if (error !== undefined) {
    const refused = ParlanceError.is(error) && error.rule.fault === "caller";
    promise(refused, `a request with ${path} to be answered or refused`, told(error));
    return;
  }
  succeeded(outcome, `to a request with ${path}`);
  if (kit.subject.conformance.upstream && said(kit) !== before) return;
  const { losses } = completionOf(outcome);
  promise(
    losses.some((loss) => loss.path.startsWith(path)),
    `${path} in the request to the server, or among the losses`,
    `neither; the losses are ${losses.map((loss) => loss.path).join(", ") || "none"}`,
  );
}

/** What the server was told, without what is new in every call. */
function said({ upstream }: Kit): string {
  const { path, headers, body } = upstream.seen[0] ?? {};
  const kept = Object.entries(headers ?? {}).filter(([name]) => !/date|authorization|length|signature|id$/.test(name));
  return `${path} ${JSON.stringify(kept)} ${body?.toString("utf8")}`;
}

function withField(chat: ChatRequest, patch: JsonObject): ChatRequest {
  const json = toJson(ChatRequestSchema, chat) as JsonObject;
  return fromJson(ChatRequestSchema, { ...json, ...patch });
}
