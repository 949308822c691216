/**
 * Source: https://platform.openai.com/docs/api-reference/embeddings
 * @module
 */

/** The dialect's name, and the key of its fields in `extensions`. */
export const DIALECT = "embeddings";

/** The largest value of the vocabulary's integers. */
export const MAX_INT32 = 2147483647;
