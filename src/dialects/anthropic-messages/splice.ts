import { memberCut, type Members, splice } from "../../sdk/index.js";

interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/**
 * The caller's body for a target of the same dialect: the same bytes but for the model's name, and without the
 * gateway's own member `parlance`. Usage is told in every stream, so that nothing has to be asked for.
 */
export function spliceRequest(body: Buffer, members: Members, target: { readonly model: string }): Buffer {
  const edits: Edit[] = [];
  const model = members.byName.get("model");
  const name = JSON.stringify(target.model);
  if (model === undefined) {
    edits.push({
      start: members.open,
      end: members.open,
      text: `"model":${name}${members.byName.size === 0 ? "" : ","}`,
    });
  } else if (body.toString("utf8", model.start, model.end) !== name) {
    edits.push({ ...model, text: name });
  }
  const own = memberCut(body, members, "parlance");
  if (own !== undefined) edits.push(own);
  if (edits.length === 0) return body;
  return splice(
    body,
    edits.sort((a, b) => a.start - b.start),
  );
}
