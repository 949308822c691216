import * as sdk from "@parlance/sdk";

/** A line of a live answer; a whole answer is one line that says it all. */
type Line = Record<"id" | "bird", string> &
  Partial<Record<"says" | "ended" | "squawk", string> & Record<"heard" | "said", number>>;

const WHO: Partial<Record<sdk.Role, string>> = { [sdk.Role.SYSTEM]: "keeper", [sdk.Role.ASSISTANT]: "parrot" };
const WHY: Record<string, sdk.FinishReason> = { done: sdk.FinishReason.STOP, cut: sdk.FinishReason.LENGTH };
/** Fields that the Parrot API has words for, and those that are the gateway's own business. */
const SAID = new Set(["model", "messages", "maxOutputTokens", "extensions", "routing", "strict", "store"]);

const parrot: sdk.TargetDialect = {
  name: "parrot",
  framing: sdk.ndjsonFraming,
  encodeRequest(request, { model, stream, losses }) {
    for (const [field, value] of Object.entries(request)) {
      const asked = typeof value === "object" ? Object.keys(value).length > 0 : value !== undefined;
      const name = field.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
      if (asked && !SAID.has(field) && !field.startsWith("$")) losses.drop(name, "The Parrot API has no such field.");
    }
    sdk.tellForeignFields(request, "", "parrot", losses);
    const talk = request.messages.map(({ role, parts }, at) => {
      const says = parts.map(({ kind }, part) => {
        if (kind.case === "text") return kind.value.text;
        losses.drop(`messages[${at}].parts[${part}]`, "A parrot takes text only.");
        return "";
      });
      return { who: WHO[role] ?? "person", says: says.join("") };
    });
    return JSON.stringify({ bird: model, talk, live: stream, most_words: request.maxOutputTokens });
  },
  decodeResponse(text) {
    const out: sdk.Chunk[] = [];
    const decoder = parrot.streamDecoder();
    decoder.decode({ event: "", data: text }, out);
    decoder.end(out);
    return sdk.fold(out);
  },
  streamDecoder() {
    let state: "new" | "running" | "ended" = "new";
    return {
      decode({ data }, out) {
        const line = read(data);
        if (line.squawk !== undefined) throw sdk.errorFromEvent({ message: line.squawk });
        if (state === "new") {
          const content = { kind: { case: "text", value: {} } } as const;
          out.push(sdk.chunks.completionStart({ id: line.id, model: line.bird }), sdk.chunks.partStart(0, 0, content));
          state = "running";
        }
        if (line.says !== undefined) out.push(sdk.chunks.textDelta(0, 0, line.says));
        if (line.ended === undefined) return;
        out.push(sdk.chunks.partEnd(0, 0), sdk.chunks.finish(0, { reason: WHY[line.ended] ?? 0, raw: line.ended }));
        const { heard: inputTokens = 0, said: outputTokens = 0 } = line;
        const usage = sdk.create(sdk.UsageSchema, { inputTokens, outputTokens });
        out.push(sdk.chunks.usage(usage), sdk.chunks.completionEnd());
        state = "ended";
      },
      end() {
        if (state !== "ended") throw new sdk.ParlanceError("stream_unfinished", "The parrot fell silent.");
      },
    };
  },
  decodeError: (status, headers, body) => sdk.errorFromStatus(status, headers, { message: body.toString("utf8") }),
};

function read(data: string): Line {
  try {
    return JSON.parse(data) as Line;
  } catch (cause) {
    throw new sdk.ParlanceError("malformed_answer", "The parrot answered with something that is no JSON.", { cause });
  }
}

export default sdk.definePlugin({
  create: ({ baseUrl = "https://api.parrot.example", apiKey = "" }) => ({
    wire: { baseUrl, headers: { "x-parrot-key": apiKey }, chat: { dialect: parrot, path: "/v2/say" } },
    models: [{ name: "grey-1", operations: ["complete"] }],
  }),
});
