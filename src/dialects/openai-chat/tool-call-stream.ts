import { type Chunk, chunks, create, isObject, type JsonObject, PartSchema, ToolKind } from "../../sdk/index.js";
import { WireObject } from "./own.js";

interface OpenCall {
  id: string;
  name: string;
  readonly custom: boolean;
  readonly legacy: boolean;
  /** Arguments that wait for the call's name. */
  held: string;
  part: number | undefined;
  extensions: JsonObject | undefined;
}

/**
 * The tool calls of one choice while they stream. A call ends only with its choice: arguments that parse already may
 * still grow (`{"a":1` becomes `{"a":12}`).
 */
export class ToolCallStream {
  readonly #choice: number;
  readonly #completion: string;
  readonly #nextPart: () => number;
  readonly #calls: OpenCall[] = [];
  readonly #byIndex = new Map<number, OpenCall>();

  /** `completion`: the answer's id, of which ids are made for calls that come without. */
  constructor(choice: number, completion: string, nextPart: () => number) {
    this.#choice = choice;
    this.#completion = completion;
    this.#nextPart = nextPart;
  }

  /** Whether a call is open. */
  get any(): boolean {
    return this.#calls.length > 0;
  }

  /** Reads one entry of `delta.tool_calls`. */
  read(wire: JsonObject, out: Chunk[]): void {
    const { index, id, type, function: fn, custom, ...others } = wire;
    const inner = isObject(fn) ? fn : isObject(custom) ? custom : {};
    const name = text(inner.name);
    const call =
      this.#find(index, text(id), name) ??
      this.#begin(index, type === "custom" || (isObject(custom) && !isObject(fn)), false);
    if (call.id === "") call.id = text(id);
    if (Object.keys(others).length > 0 && call.part === undefined) call.extensions = extensionsFor(others, false);
    const args = isObject(inner.arguments)
      ? JSON.stringify(inner.arguments)
      : text(inner.arguments) || text(inner.input);
    this.#add(call, name, args, out);
  }

  /** Reads the legacy `delta.function_call`. */
  readLegacy(wire: JsonObject, out: Chunk[]): void {
    const call = this.#calls.find((open) => open.legacy) ?? this.#begin(undefined, false, true);
    if (call.extensions === undefined) {
      call.id = "function_call_0";
      call.extensions = extensionsFor({}, true);
    }
    this.#add(call, text(wire.name), text(wire.arguments), out);
  }

  /** The choice is whole. */
  end(out: Chunk[]): void {
    for (const call of this.#calls) {
      if (call.part === undefined) this.#start(call, out);
      out.push(chunks.partEnd(this.#choice, call.part as number));
    }
    this.#calls.length = 0;
    this.#byIndex.clear();
  }

  /** The open call that a delta goes on with: by index, else by id, else the last one when it names no new call. */
  #find(index: unknown, id: string, name: string): OpenCall | undefined {
    if (typeof index === "number") {
      const found = this.#byIndex.get(index);
      // Some servers number every call 0: another id with a name of its own is another call.
      return found !== undefined && id !== "" && found.id !== "" && found.id !== id && name !== "" ? undefined : found;
    }
    if (id !== "") return this.#calls.find((call) => call.id === id);
    return name === "" ? this.#calls[this.#calls.length - 1] : undefined;
  }

  #begin(index: unknown, custom: boolean, legacy: boolean): OpenCall {
    const call: OpenCall = { id: "", name: "", custom, legacy, held: "", part: undefined, extensions: undefined };
    this.#calls.push(call);
    if (typeof index === "number") this.#byIndex.set(index, call);
    return call;
  }

  #add(call: OpenCall, name: string, args: string, out: Chunk[]): void {
    if (call.part === undefined) {
      call.name += name;
      if (call.name === "") {
        call.held += args;
        return;
      }
      this.#start(call, out);
    }
    if (args !== "") out.push(chunks.toolCallDelta(this.#choice, call.part as number, args));
  }

  #start(call: OpenCall, out: Chunk[]): void {
    call.part = this.#nextPart();
    if (call.id === "") call.id = `call_${call.part}_${this.#completion.replace(/[^a-zA-Z0-9_-]/g, "").slice(-24)}`;
    const part = create(PartSchema, {
      kind: {
        case: "toolCall",
        value: { id: call.id, name: call.name, arguments: "", kind: call.custom ? ToolKind.CUSTOM : ToolKind.FUNCTION },
      },
      ...(call.extensions && { extensions: call.extensions }),
    });
    out.push(chunks.partStart(this.#choice, call.part, part));
    if (call.held !== "") out.push(chunks.toolCallDelta(this.#choice, call.part, call.held));
    call.held = "";
  }
}

function extensionsFor(others: JsonObject, legacy: boolean): JsonObject | undefined {
  const wire = new WireObject(others, "");
  if (legacy) wire.note("legacy", true);
  return wire.extensions();
}

function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}
