import { definePlugin, ParlanceError } from "@parlance/sdk";

/** The vendor's own address, to which the paths below are added. */
const DEFAULT_BASE_URL = "https://api.{{name}}.example/v1";

/** A wire provider: the gateway makes the calls, in a dialect that the vendor speaks. */
function create({ name, baseUrl = DEFAULT_BASE_URL, apiKey, settings }) {
  if (apiKey === undefined) {
    const field = `providers.${name}.api_key`;
    throw new ParlanceError("invalid_request", `${field} is required.`, { field });
  }
  const { project } = settings;
  return {
    wire: {
      baseUrl,
      headers: { authorization: `Bearer ${apiKey}`, ...(project !== undefined && { "x-project": project }) },
      chat: { dialect: "openai-chat", path: "/chat/completions" },
    },
    models: [{ name: "{{name}}-1", operations: ["complete"] }],
  };
}

export default definePlugin({ create });
