import { type ChatRequest, Losses, Modality } from "@parlance/sdk";

/** Everything of a request that the simulator reads and can do nothing with. In strict mode the first is thrown. */
export function requestLosses(request: ChatRequest, reasons: boolean): Losses {
  const losses = new Losses(request.strict);
  for (const [path, field] of SAMPLING) {
    if (request[field] !== undefined) losses.drop(path, "The simulator does not sample.");
  }
  if (Object.keys(request.logitBias).length > 0) losses.drop("logit_bias", "The simulator does not sample.");
  if (request.reasoning !== undefined && !reasons)
    losses.drop("reasoning", "This model of the simulator does not reason.");
  if (request.serviceTier !== undefined) losses.drop("service_tier", "The simulator has no tiers.");
  if (request.audioOutput !== undefined) losses.drop("audio_output", "The simulator does not speak.");
  request.outputModalities.forEach((modality, index) => {
    if (modality !== Modality.TEXT) losses.drop(`output_modalities[${index}]`, "The simulator only writes.");
  });
  request.tools.forEach((tool, index) => {
    if (tool.kind.case === "opaque") losses.drop(`tools[${index}]`, `Only ${tool.kind.value.dialect} knows this tool.`);
  });
  request.messages.forEach((message, at) => {
    message.parts.forEach((part, index) => {
      const path = `messages[${at}].parts[${index}]`;
      if (part.kind.case === "opaque") losses.drop(path, `Only ${part.kind.value.dialect} knows this part.`);
    });
  });
  for (const [dialect, fields] of Object.entries(request.extensions ?? {})) {
    const names = typeof fields === "object" && fields !== null ? Object.keys(fields) : [];
    for (const name of names) {
      // Names that begin with a dollar note only how something was written.
      if (!name.startsWith("$"))
        losses.drop(`extensions.${dialect}.${name}`, `Only targets of ${dialect} know this field.`);
    }
  }
  return losses;
}

const SAMPLING = [
  ["temperature", "temperature"],
  ["top_p", "topP"],
  ["top_k", "topK"],
  ["frequency_penalty", "frequencyPenalty"],
  ["presence_penalty", "presencePenalty"],
] as const;
