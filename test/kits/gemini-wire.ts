import { pieces, type Script } from "./script.js";

const HEAD = { modelVersion: "upstream-model-2025", responseId: "a-kit-answer" };

/** A whole answer as Google's generateContent writes it (https://ai.google.dev/api/generate-content#generatecontentresponse). */
export function geminiAnswer(script: Script): unknown {
  return {
    candidates: [{ content: { parts: parts(script), role: "model" }, finishReason: finish(script), index: 0 }],
    usageMetadata: usage(script),
    ...HEAD,
  };
}

/** The same answer as a stream (https://ai.google.dev/api/generate-content#method:-models.streamgeneratecontent). */
export function geminiStream(script: Script): string {
  return geminiEvents(script)
    .map((event) => `data: ${JSON.stringify(event)}\r\n\r\n`)
    .join("");
}

/** The events of that stream. */
export function geminiEvents(script: Script): unknown[] {
  const grown = parts(script).flatMap((part) => {
    if (typeof part.text !== "string") return [part];
    const { thoughtSignature: signature, ...rest } = part;
    const texts: Part[] = pieces(part.text).map((text) => ({ ...rest, text }));
    // The seal comes with the last piece.
    const last = texts.at(-1);
    if (signature !== undefined && last !== undefined) last.thoughtSignature = signature;
    return texts;
  });
  return grown.map((part, index) => {
    const last = index === grown.length - 1;
    return {
      candidates: [
        { content: { parts: [part], role: "model" }, ...(last && { finishReason: finish(script) }), index: 0 },
      ],
      usageMetadata: last
        ? usage(script)
        : { promptTokenCount: script.inputTokens, totalTokenCount: script.inputTokens },
      ...HEAD,
    };
  });
}

type Part = Record<string, unknown>;

/** A seal lies on the first call, or else on the text. */
function parts(script: Script): Part[] {
  const out: Part[] = [];
  if (script.reasoning !== undefined) out.push({ text: script.reasoning, thought: true });
  const text = script.text ?? script.refusal;
  if (text !== undefined) out.push({ text });
  for (const call of script.toolCalls ?? []) {
    out.push({ functionCall: { id: call.id, name: call.name, args: JSON.parse(call.arguments) as unknown } });
  }
  const sealed = out.find((part) => part.functionCall !== undefined) ?? out.at(-1);
  if (script.signature !== undefined && sealed !== undefined) sealed.thoughtSignature = script.signature;
  return out;
}

function finish(script: Script): string {
  if (script.refusal !== undefined) return "SAFETY";
  return script.finish === "length" ? "MAX_TOKENS" : "STOP";
}

function usage(script: Script): unknown {
  return {
    promptTokenCount: script.inputTokens,
    candidatesTokenCount: script.outputTokens,
    totalTokenCount: script.inputTokens + script.outputTokens,
  };
}
