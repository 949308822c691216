import type { FaultWire } from "../../kits/fault-wire.js";
import { anthropicClient } from "../clients/anthropic-client.js";
import type { CanonicalError, Client } from "../clients/canonical.js";
import { connectJsonClient } from "../clients/connect-json-client.js";
import { grpcClient } from "../clients/grpc-client.js";
import { openAiClient } from "../clients/openai-client.js";
import { responsesClient } from "../clients/responses-client.js";
import { TOLD, type Told } from "./expected.js";
import type { ErrorCode } from "../../../src/sdk/index.js";

/** A door of the wall: its client, and what it is told. */
export interface WallDoor {
  readonly name: string;
  client(url: string): Client | Promise<Client>;
  /** Dialects of the providers behind it, by lane. */
  readonly wires: readonly (readonly [lane: "verbatim" | "translated", wire: FaultWire["name"]])[];
  /** What its client throws for an error in the place of an answer. */
  refusal(code: ErrorCode): Partial<CanonicalError>;
  /** What it throws for an error in a stream that had begun. */
  breakage(code: ErrorCode): Partial<CanonicalError>;
}

const told = (code: ErrorCode): Told => {
  const found = TOLD[code];
  if (found === undefined) throw new Error(`the wall does not say how ${code} is told`);
  return found;
};
const openai = (code: ErrorCode): Partial<CanonicalError> => {
  const [status, className, word] = told(code).openai;
  return { status, className, code: word };
};
// After a stream's 200 there is no status by which an SDK could choose a class.
const broken = { status: 0, className: "APIError" };
const rpc = (code: ErrorCode): Partial<CanonicalError> => ({ status: told(code).grpc, code });

export const openAiDoor: WallDoor = {
  name: "OpenAI chat",
  client: openAiClient,
  wires: [
    ["verbatim", "openai-chat"],
    ["translated", "anthropic-messages"],
  ],
  refusal: openai,
  breakage: (code) => ({ ...broken, code: told(code).openai[2] }),
};

export const responsesDoor: WallDoor = {
  name: "Responses",
  client: responsesClient,
  wires: [
    ["verbatim", "openai-responses"],
    ["translated", "openai-chat"],
  ],
  refusal: openai,
  breakage: (code) => ({ status: 0, className: "response.failed", code }),
};

export const anthropicDoor: WallDoor = {
  name: "Anthropic",
  client: anthropicClient,
  wires: [
    ["verbatim", "anthropic-messages"],
    ["translated", "openai-chat"],
  ],
  refusal: (code) => {
    const [status, className, type] = told(code).anthropic;
    return { status, className, code: type };
  },
  breakage: (code) => ({ ...broken, code: told(code).anthropic[2] }),
};

export const grpcDoor: WallDoor = {
  name: "gRPC",
  client: grpcClient,
  wires: [
    ["translated", "openai-chat"],
    ["translated", "anthropic-messages"],
  ],
  refusal: rpc,
  breakage: rpc,
};

export const connectDoor: WallDoor = {
  name: "Connect",
  client: connectJsonClient,
  wires: [
    ["translated", "openai-responses"],
    ["translated", "openai-chat"],
  ],
  refusal: rpc,
  breakage: rpc,
};
