import { isObject, type JsonObject, ParlanceError, type TargetEmbeddingDialect } from "@parlance/sdk";
import { makerOf } from "../converse/family.js";
import { decodeError } from "../converse/errors.js";
import { cohereRequest, cohereVectors } from "./cohere.js";
import { novaRequest, novaVectors } from "./nova.js";
import { type Purpose, resultOf, textsOf } from "./texts.js";
import { titanRequest, titanVectors } from "./titan.js";

/** How an operator has set embeddings up. */
export interface EmbeddingOptions {
  /** The model that a name stands for: its own id, where that tells what it is. */
  readonly baseModel: (model: string) => string;
  /** What vectors are for. */
  readonly purpose: Purpose;
}

const NAME = "bedrock-invoke";

/**
 * Embeddings by InvokeModel, whose body is each maker's own: Titan's, Nova's and Cohere's. Titan and Nova take one text a
 * call, and a call is one call: several are refused as `unsupported`.
 */
export function invokeEmbeddings({ baseModel, purpose }: EmbeddingOptions): TargetEmbeddingDialect {
  return {
    name: NAME,
    encodeRequest(request, { model, losses }) {
      const id = baseModel(model);
      const asked = textsOf(request, NAME, losses);
      if (makerOf(id) === "cohere") return JSON.stringify(cohereRequest(asked, id, purpose));
      if (/nova-.*embed/.test(id)) return JSON.stringify(novaRequest(asked, purpose));
      if (/titan-embed/.test(id)) return JSON.stringify(titanRequest(asked, id));
      throw new ParlanceError(
        "unsupported",
        `"${model}" is no model whose embeddings are known: they are of Titan, Nova and Cohere. For a name that does not tell its model, set model_families.`,
        { field: "model" },
      );
    },
    decodeResponse(text) {
      const body = parse(text);
      // Which model has answered, its form tells.
      const vectors = titanVectors(body) ?? novaVectors(body) ?? cohereVectors(body);
      if (vectors === undefined) throw unreadable("it holds no vectors");
      return resultOf(vectors, NAME);
    },
    decodeError,
  };
}

function parse(text: string): JsonObject {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    throw new ParlanceError("malformed_answer", "The provider's answer is not JSON.");
  }
  if (!isObject(body)) throw unreadable("it is not an object");
  return body;
}

function unreadable(what: string): ParlanceError {
  return new ParlanceError("malformed_answer", `The provider's answer cannot be read: ${what}.`);
}
