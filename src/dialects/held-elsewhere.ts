/**
 * Whether an id names a file that another provider than one of OpenAI's wires holds. OpenAI's begin with `file-`
 * (https://platform.openai.com/docs/api-reference/files), Anthropic's with `file_`
 * (https://platform.claude.com/docs/en/build-with-claude/files), and Gemini's are addresses.
 */
export function isHeldElsewhere(id: string): boolean {
  return id.startsWith("file_") || id.includes("/");
}
