import { skim, splice, type TargetDialect } from "@parlance/sdk";
import { anthropicMessages } from "@parlance/sdk/dialects";

/** The version of the body, in the place of a header: https://platform.claude.com/docs/en/build-with-claude/claude-on-vertex-ai */
const VERSION = "vertex-2023-10-16";

/** Anthropic's Messages as Vertex AI takes them: the model is in the path, and the version in the body. */
export const claudeMessages: TargetDialect = {
  name: "vertex-anthropic-messages",
  encodeRequest(request, target) {
    const body = Buffer.from(anthropicMessages.encodeRequest(request, target));
    const model = skim(body).byName.get("model");
    if (model === undefined) throw new Error("the dialect names its model");
    const start = body.lastIndexOf('"model"', model.start);
    return splice(body, [{ start, end: model.end, text: `"anthropic_version":"${VERSION}"` }]).toString("utf8");
  },
  decodeResponse: anthropicMessages.decodeResponse,
  streamDecoder: anthropicMessages.streamDecoder,
  decodeError: anthropicMessages.decodeError,
};
