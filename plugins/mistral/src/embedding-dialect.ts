import { skim, splice, type TargetEmbeddingDialect } from "@parlance/sdk";
import { embeddings } from "@parlance/sdk/dialects";

/** Mistral's embeddings, whose vectors' length is `output_dimension`: https://docs.mistral.ai/api/ (embeddings). */
export const embeddingDialect: TargetEmbeddingDialect = {
  name: "mistral-embeddings",
  encodeRequest(request, target) {
    const text = embeddings.encodeRequest(request, target);
    const body = Buffer.from(text);
    const members = skim(body);
    const dimensions = members.byName.get("dimensions");
    if (dimensions === undefined) return text;
    const name = body.lastIndexOf('"dimensions"', dimensions.start);
    return splice(body, [{ start: name, end: name + '"dimensions"'.length, text: '"output_dimension"' }]).toString();
  },
  decodeResponse: embeddings.decodeResponse,
  decodeError: embeddings.decodeError,
};
