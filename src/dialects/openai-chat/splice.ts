import { memberCut, type Members, type ModelTraits, readMember, skim, splice } from "../../sdk/index.js";

interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/**
 * The caller's body for a target of the same dialect. Changed are the model's name, the request for usage of a stream,
 * and the gateway's own member `parlance`, which is cut out wherever the caller or an earlier answer of ours put it.
 */
export function spliceRequest(
  body: Buffer,
  members: Members,
  target: { readonly model: string; readonly stream: boolean; readonly traits?: ModelTraits | undefined },
): Buffer {
  const edits: Edit[] = [];
  const model = members.byName.get("model");
  const name = JSON.stringify(target.model);
  if (model !== undefined && body.toString("utf8", model.start, model.end) !== name)
    edits.push({ ...model, text: name });
  const asks = target.stream && target.traits?.refuses?.includes("stream_options") !== true;
  const usage = asks && !asksForUsage(body, members) ? usageEdit(body, members) : undefined;
  if (usage !== undefined) edits.push(usage);
  const own = memberCut(body, members, "parlance");
  if (own !== undefined) edits.push(own);
  const messages = members.byName.get("messages");
  if (messages !== undefined && members.noted !== false) {
    const text = withoutOwnMembers(body, messages);
    if (text !== undefined) edits.push({ ...messages, text });
  }
  return edits.length === 0
    ? body
    : splice(
        body,
        edits.sort((a, b) => a.start - b.start),
      );
}

/** Whether the caller of this body asked for usage in its stream. */
export function asksForUsage(body: Buffer, members: Members): boolean {
  if (!members.byName.has("stream_options")) return false;
  const options = readMember(body, members, "stream_options") as { include_usage?: unknown } | null;
  return options?.include_usage === true;
}

/** Undefined where `stream_options` is no object: what is wrong with it is for the provider to say. */
function usageEdit(body: Buffer, members: Members): Edit | undefined {
  const options = members.byName.get("stream_options");
  if (options === undefined) {
    return { start: members.close, end: members.close, text: ',"stream_options":{"include_usage":true}' };
  }
  if (body[options.start] === 110 /* null */) return { ...options, text: '{"include_usage":true}' };
  if (body[options.start] !== 123 /* { */) return undefined;
  const inner = skim(body.subarray(options.start, options.end));
  const asked = inner.byName.get("include_usage");
  if (asked !== undefined) return { start: options.start + asked.start, end: options.start + asked.end, text: "true" };
  const at = options.start + inner.open;
  return { start: at, end: at, text: inner.byName.size === 0 ? '"include_usage":true' : '"include_usage":true,' };
}

/** The messages without the member in which an earlier, translated answer told its sealed parts; undefined when there is none. */
function withoutOwnMembers(body: Buffer, messages: { start: number; end: number }): string | undefined {
  const found = body.indexOf('"parlance"', messages.start);
  if (found === -1 || found >= messages.end) return undefined;
  const list = JSON.parse(body.toString("utf8", messages.start, messages.end)) as unknown;
  if (
    !Array.isArray(list) ||
    !list.some((message) => typeof message === "object" && message !== null && "parlance" in message)
  ) {
    return undefined;
  }
  return JSON.stringify(
    list.map((message: unknown) => {
      if (typeof message !== "object" || message === null || !("parlance" in message)) return message;
      const { parlance: _, ...others } = message;
      return others;
    }),
  );
}
