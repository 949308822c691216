import { isObject, type JsonObject, type JsonValue } from "../../sdk/index.js";
import { isString } from "./checks.js";

/**
 * The arguments of a call that come piece by piece, each with the place where it belongs
 * (`{"jsonPath": "$.items[0].name", "stringValue": "ap", "willContinue": true}`):
 * https://cloud.google.com/vertex-ai/generative-ai/docs/multimodal/function-calling#streaming-fc
 */
export class PartialArgs {
  // Without a prototype, so that a name like __proto__ is a name.
  readonly #root: JsonObject = bare();
  /** Place of the text that goes on. */
  #open: string | undefined;

  /** Adds members that come whole. */
  assign(args: JsonValue | undefined): void {
    if (isObject(args)) for (const name in args) this.#root[name] = args[name] as JsonValue;
  }

  add(piece: JsonValue): void {
    if (!isObject(piece) || !isString(piece.jsonPath)) return;
    const value = valueOf(piece);
    if (value === undefined) return;
    const place = stepsOf(piece.jsonPath);
    const goesOn = this.#open === piece.jsonPath && typeof value === "string";
    this.#put(place, goesOn ? (before) => (isString(before) ? before + value : value) : () => value);
    this.#open = piece.willContinue === true ? piece.jsonPath : undefined;
  }

  /** JSON text of all that came. */
  text(): string {
    return JSON.stringify(this.#root);
  }

  #put(place: readonly (string | number)[], change: (before: JsonValue | undefined) => JsonValue): void {
    let at: JsonObject | JsonValue[] = this.#root;
    place.forEach((step, index) => {
      const holder = at as Record<string | number, JsonValue>;
      const next = place[index + 1];
      if (next === undefined) {
        holder[step] = change(holder[step]);
        return;
      }
      const inner = holder[step];
      if (typeof inner === "object" && inner !== null) at = inner;
      else {
        at = typeof next === "number" ? [] : bare();
        holder[step] = at;
      }
    });
  }
}

function bare(): JsonObject {
  return Object.create(null) as JsonObject;
}

function valueOf({ stringValue, numberValue, boolValue, nullValue }: JsonObject): JsonValue | undefined {
  if (nullValue !== undefined) return null;
  return stringValue ?? numberValue ?? boolValue;
}

/** `$.items[0]["a b"]` as `items`, 0, `a b`. */
function stepsOf(path: string): (string | number)[] {
  const steps: (string | number)[] = [];
  for (const [, name, index, quoted] of path.matchAll(/\.([^.[\]]+)|\[(\d+)\]|\[(?:"|')(.*?)(?:"|')\]/g)) {
    if (index !== undefined) steps.push(Math.min(Number(index), MAX_ITEMS));
    else steps.push(name ?? quoted ?? "");
  }
  return steps;
}

/** A place further out is not believed: it would fill the memory with nothing. */
const MAX_ITEMS = 100_000;
