import type { ChatRequest, Losses } from "@parlance/sdk";
import type { ModelPace } from "./pace.js";
import type { Random } from "./random.js";
import type { SimulatorSettings } from "./settings.js";

/** What a behaviour is given to answer one choice of one request. */
export interface Turn {
  readonly request: ChatRequest;
  /** The model's name, as it was asked for. */
  readonly model: string;
  /** Number of the choice, from 0. */
  readonly choice: number;
  readonly settings: SimulatorSettings;
  /** The same for the same request, seed and choice. */
  readonly random: Random;
  readonly losses: Losses;
}

/** One part of an answer, whole. */
export type Piece =
  | { readonly kind: "text" | "refusal"; readonly text: string }
  | { readonly kind: "reasoning"; readonly text: string; readonly signature: string; readonly hidden?: boolean }
  | {
      readonly kind: "toolCall";
      readonly id: string;
      readonly name: string;
      /** JSON for a function, free text for a custom tool. */
      readonly text: string;
      readonly custom: boolean;
    };

/** How a stream is made to fail after so many tokens: an error, an end without a finish, or silence. */
export interface Accident {
  readonly afterTokens: number;
  readonly how: "error" | "cut" | "stall";
}

/** What a behaviour wants to say; limits and stop sequences come later. */
export interface Answer {
  readonly pieces: readonly Piece[];
  readonly accident?: Accident;
  /** Limit of tokens that takes the place of the request's own. */
  readonly maxTokens?: number;
}

/** A model of the simulator. */
export interface SimulatedModel {
  /** Throws a `ParlanceError` where the model is made to refuse. */
  readonly answer: (turn: Turn) => Answer;
  readonly pace?: ModelPace;
  /** True keeps the text as scripted, whatever response format or tool choice the request has. */
  readonly scripted?: boolean;
}
