import { Role } from "../../../src/sdk/index.js";
import type { Call, Canonical, CanonicalError, Client } from "../clients/canonical.js";
import type { Cell, WallWorld } from "./world.js";

/** What came of a cell. */
export interface Outcome {
  /** What its client was answered; undefined where it was told an error. */
  readonly answer: Canonical | undefined;
  readonly error: CanonicalError | undefined;
  /** How often its first target was called, and the other. */
  readonly calls: readonly [first: number, spare: number];
  /** The gateway's record of it. */
  readonly record: WallRecord;
}

/** What the wall looks at in the log line of an exchange. */
export interface WallRecord {
  readonly attempts: number;
  readonly error?: string;
  readonly lane?: string;
  readonly failed_attempts?: readonly { readonly error: string; readonly status?: number }[];
}

const call: Call = {
  chat: {
    messages: [{ role: Role.USER, parts: [{ kind: { case: "text", value: { text: "Say the alphabet." } } }] }],
    maxOutputTokens: 100,
  },
  openai: { messages: [{ role: "user", content: "Say the alphabet." }], max_completion_tokens: 100 },
};

/** Asks for it. Throws where the client sees something that is neither a whole answer nor an error that was told. */
export async function runCell({ gateway, calls }: WallWorld, client: Client, cell: Cell): Promise<Outcome> {
  const { model, mode } = cell;
  let answer: Canonical | undefined;
  let error: CanonicalError | undefined;
  try {
    answer = await client[mode === "unary" ? "complete" : "stream"](model, call);
  } catch (thrown) {
    if (thrown instanceof Error) throw thrown;
    error = thrown as CanonicalError;
  }
  const called = (name: string): number => calls.get(`${name}.${model}`) ?? 0;
  return {
    answer,
    error,
    calls: [called(cell.row.fault), called("spare")],
    record: await recordOf(gateway, model),
  };
}

const MOST_LOOKS = 1000;

/** It is written when the exchange is settled, which may be after the client has its answer. */
async function recordOf(gateway: WallWorld["gateway"], model: string): Promise<WallRecord> {
  for (let i = 0; i < MOST_LOOKS; i += 1) {
    const found = gateway.records().find((record) => record.msg === "exchange" && record.model === model);
    if (found !== undefined) return found as unknown as WallRecord;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  throw new Error(`the gateway has no record of ${model}`);
}
