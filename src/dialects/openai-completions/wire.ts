/**
 * OpenAI's legacy completions: https://platform.openai.com/docs/api-reference/completions. But for the prompt, the text
 * and the log probabilities it is the wire of chat completions, whose codec does the rest: a field that both have, or that
 * servers of both add, travels between them.
 * @module
 */

/** The dialect's name, and the key of its own fields in `extensions`. */
export const DIALECT = "openai-completions";

/** What the API generates where the caller sets no limit. https://platform.openai.com/docs/api-reference/completions/create */
export const DEFAULT_MAX_TOKENS = 16;

/** Most alternatives of a token that chat targets tell. */
export const MOST_LOGPROBS = 20;
