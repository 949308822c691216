/**
 * The arguments of a call as the vocabulary has them. For a tool that takes none the wire writes nothing, or the word
 * `null`: both are an empty object.
 */
export function callArguments(text: string): string {
  const bare = text.trim();
  return bare === "" || bare === "null" ? "{}" : text;
}

/** Whether more pieces of text may still make it `null`. */
export function mayBeNull(text: string): boolean {
  return "null".startsWith(text.trim());
}
