/** What a model can take. */
export const INPUT_MODALITIES = ["text", "image", "audio", "video", "file"] as const;
/** What a model can give. */
export const OUTPUT_MODALITIES = ["text", "image", "audio", "embedding"] as const;
/** What a model can do. */
export const ABILITIES = ["tools", "json_schema", "reasoning", "streaming", "prefill"] as const;

/** What is known of a model. What is absent is not known, which is not the same as none. */
export interface ModelFacts {
  /** Most tokens of prompt and answer together. */
  readonly contextWindow?: number | undefined;
  /** Most tokens of an answer. */
  readonly maxOutputTokens?: number | undefined;
  readonly inputModalities?: readonly (typeof INPUT_MODALITIES)[number][] | undefined;
  readonly outputModalities?: readonly (typeof OUTPUT_MODALITIES)[number][] | undefined;
  readonly abilities?: readonly (typeof ABILITIES)[number][] | undefined;
  /** What it charges. */
  readonly price?: DollarPrice | undefined;
}

/** A price in decimal US dollars for a million tokens, as text: `"2.50"`. `"0"` is a price, and not an unknown one. */
export interface DollarPrice {
  readonly input: string;
  readonly output: string;
  /** For input tokens read from the provider's cache. Absent means as `input`. */
  readonly cacheRead?: string | undefined;
  /** For input tokens written to the provider's cache. Absent means as `input`. */
  readonly cacheWrite?: string | undefined;
}
