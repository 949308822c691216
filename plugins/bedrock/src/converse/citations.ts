import {
  type Citation,
  CitationSchema,
  create,
  isObject,
  type JsonObject,
  type JsonValue,
  type Losses,
} from "@parlance/sdk";
import { fieldsOf, keep, restore, tellForeign } from "./own.js";

/** A citation of a text: https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Citation.html */
export function decodeCitation(value: JsonObject): Citation {
  const { title, sourceContent, location } = value;
  const words = textsOf(sourceContent);
  const web = isObject(location) && isObject(location.web) ? location.web : undefined;
  // Where in the source it is belongs to the wire alone; it goes back with the words.
  const { title: _, sourceContent: __, ...others } = value;
  const extensions = keep(others);
  return create(CitationSchema, {
    ...(typeof title === "string" && { title }),
    ...(words !== undefined && { citedText: words }),
    ...(typeof web?.url === "string" && { url: web.url }),
    ...(extensions && { extensions }),
  });
}

/** A text that cites, as the wire's `citationsContent`; undefined where the citations are another dialect's. */
export function encodeCitations(
  text: string,
  citations: readonly Citation[],
  path: string,
  losses: Losses,
): JsonObject | undefined {
  const own = citations.flatMap((citation, index) => encodeOwn(citation, `${path}.citations[${index}]`, losses) ?? []);
  if (own.length === 0) return undefined;
  return { citationsContent: { ...(text !== "" && { content: [{ text }] }), citations: own } };
}

function encodeOwn(citation: Citation, path: string, losses: Losses): JsonObject | undefined {
  tellForeign(citation, path, losses);
  // Every citation of the wire says where in its source it is.
  if (fieldsOf(citation).location === undefined) {
    losses.drop(path, "The target takes back only citations of its own.");
    return undefined;
  }
  return restore(
    {
      ...(citation.title !== undefined && { title: citation.title }),
      ...(citation.citedText !== undefined && { sourceContent: [{ text: citation.citedText }] }),
    },
    citation,
  );
}

/** The texts of a list of `{text}`, as one. */
export function textsOf(value: JsonValue | undefined): string | undefined {
  if (!Array.isArray(value)) return undefined;
  return value.map((one) => (isObject(one) && typeof one.text === "string" ? one.text : "")).join("");
}
