import { type ImagePart, type Part, Role } from "@parlance/sdk";
import type { SimulatedModel } from "../behaviour.js";

/** Longest address that is told whole. */
const MOST_URL = 200;

/** `vision`: says which pictures the user has given it. */
export const vision: SimulatedModel = {
  answer: ({ request }) => {
    const images = request.messages
      .filter((message) => message.role === Role.USER)
      .flatMap(({ parts }) => parts.flatMap(imagesOf));
    if (images.length === 0) return { pieces: [{ kind: "text", text: "I was given no images." }] };
    const head = images.length === 1 ? "I was given 1 image:" : `I was given ${images.length} images:`;
    const lines = images.map((image, index) => `${index + 1}. ${describe(image)}`);
    return { pieces: [{ kind: "text", text: [head, ...lines].join("\n") }] };
  },
};

function imagesOf({ kind }: Part): ImagePart[] {
  if (kind.case === "image") return [kind.value];
  return kind.case === "toolResult" ? kind.value.content.flatMap(imagesOf) : [];
}

function describe({ source, mediaType, detail }: ImagePart): string {
  const look = detail === undefined ? "" : `, detail ${detail}`;
  switch (source.case) {
    case "data":
      return `${mediaType ?? "unknown media type"}, ${source.value.length} bytes${look}`;
    case "url":
      return `url ${source.value.length > MOST_URL ? `${source.value.slice(0, MOST_URL)}...` : source.value}${look}`;
    case "fileId":
      return `file ${source.value}${look}`;
    default:
      return "an image without a source";
  }
}
