import type { Addressee, WireRequest } from "../../core/exchange.js";
import {
  type ChatDialect,
  type JsonObject,
  type JsonValue,
  type Losses,
  type Member,
  ParlanceError,
  skim,
  splice,
} from "../../sdk/index.js";
import { itemsText, outputText, type Turn, turnsUpTo } from "./conversation.js";
import { isOwnItem, resolveReferences } from "./item-references.js";
import type { KeptResponse, KeptResponses } from "./kept-responses.js";
import type { Asked } from "./read-asked.js";

type Wire = WireRequest<ChatDialect>;

/** What is known of a request before its target is. */
export interface AdaptInit {
  readonly asked: Asked;
  /** The answer that the request follows; undefined where there is none, or nothing is known of it. */
  readonly previous: KeptResponse | undefined;
  readonly responses: KeptResponses;
}

/**
 * The request as a target must be told it: as it came where its provider holds the conversation, else with the whole
 * conversation as input. What the gateway does itself (keeping, looking up) is not said to a target of another dialect.
 * Undefined when every target can be told it as it came.
 */
export function adaptRequest(wire: Wire, init: AdaptInit): Wire["adapt"] {
  const { asked, previous, responses } = init;
  const own = ["store", "background", ...asked.foreign].some((name) => wire.members.byName.has(name));
  if (asked.previous === undefined && !own && !asked.refers) return undefined;
  const ownItems = asked.refers && isOwnItem(wire.body);
  let turns: Promise<Turn[]> | undefined;
  const allTurns = (): Promise<Turn[]> => {
    turns ??= asked.previous === undefined ? Promise.resolve([]) : turnsUpTo(asked.previous, responses);
    return turns;
  };
  return (to) => {
    if (to.verbatim) {
      const held = previous === undefined || holderOf(previous) === to.provider;
      if (held && !ownItems) return wire;
      if (held) return resolved(wire, responses);
    } else refuseForeign(asked);
    return allTurns().then(async (all) => {
      const whole = withConversation(wire, all, asked, to);
      return asked.refers ? resolved(whole, responses) : whole;
    });
  };
}

/** Name of the provider that holds an answer. */
export function holderOf({ target }: KeptResponse): string | undefined {
  return target?.slice(0, target.indexOf("/"));
}

function refuseForeign({ foreign, background }: Asked): void {
  const [field] = background ? ["background"] : foreign;
  if (field === undefined) return;
  throw new ParlanceError(
    "unsupported",
    `${field} works only with a target that speaks the Responses dialect itself. Leave it out.`,
    { field },
  );
}

function withConversation(wire: Wire, turns: readonly Turn[], asked: Asked, to: Addressee): Wire {
  const { body, members } = wire;
  const edits: { start: number; end: number; text: string }[] = [];
  const said = to.verbatim || !asked.store ? ["previous_response_id"] : ["previous_response_id", "store"];
  for (const name of said) {
    const member = members.byName.get(name);
    if (member !== undefined) edits.push({ ...member, text: "null" });
  }
  if (turns.length > 0) {
    const before = turns.map((turn) => turnText(turn, to));
    const input = members.byName.get("input");
    const now = input === undefined ? "" : itemsText(body.toString("utf8", input.start, input.end));
    const text = `[${[...before, now].filter((items) => items !== "").join()}]`;
    edits.push(input === undefined ? firstMember(members.open, text) : { ...input, text });
  }
  return remade(wire, edits);
}

function firstMember(open: number, input: string): Member & { readonly text: string } {
  return { start: open, end: open, text: `"input":${input},` };
}

/** The same request with other bytes. */
function remade(wire: Wire, edits: { start: number; end: number; text: string }[]): Wire {
  if (edits.length === 0) return wire;
  const body = splice(
    wire.body,
    edits.sort((a, b) => a.start - b.start),
  );
  return { ...wire, body, members: skim(body) };
}

async function resolved(wire: Wire, responses: KeptResponses): Promise<Wire> {
  const input = wire.members.byName.get("input");
  if (input === undefined) return wire;
  const text = await resolveReferences(wire.body.toString("utf8", input.start, input.end), responses);
  return remade(wire, [{ ...input, text }]);
}

function turnText(turn: Turn, to: Addressee): string {
  const output = outputText(turn.response);
  const readable = !to.verbatim || holderOf(turn) === to.provider ? output : forAnother(output, to.losses);
  return [turn.input, readable]
    .map(itemsText)
    .filter((items) => items !== "")
    .join();
}

/** Items whose ids a provider that did not make them would look for. */
const NAMED: ReadonlySet<JsonValue | undefined> = new Set(["message", "function_call", "custom_tool_call"]);

/** An answer's items for another provider of the dialect: it knows none of their ids, and reads no reasoning of others. */
function forAnother(output: string, losses: Losses): string {
  const items = JSON.parse(output) as JsonObject[];
  const kept = items.flatMap((item) => {
    if (item.type === "reasoning") {
      losses.drop("previous_response_id", "The target does not read the reasoning of another provider.");
      return [];
    }
    if (!NAMED.has(item.type)) return [item];
    const { id: _, ...rest } = item;
    return [rest];
  });
  return JSON.stringify(kept);
}
