// At most six letters with the one space before them, three digits likewise, one other character likewise, one space.
const TOKEN = / ?[\p{L}\p{M}]{1,6}| ?\p{N}{1,3}| ?[^\s\p{L}\p{M}\p{N}]|\s/gu;

/**
 * Cuts a text into the simulator's tokens; joined they are the text. A token is up to six letters, up to three digits
 * or one other character, each with the one space before it, or one white space. English comes to about as many
 * tokens as in the vendors' own tokenizers.
 */
export function tokenize(text: string): string[] {
  return text.match(TOKEN) ?? [];
}

/** How many tokens a text has. */
export function countTokens(text: string): number {
  let count = 0;
  for (const _ of text.matchAll(TOKEN)) count += 1;
  return count;
}
