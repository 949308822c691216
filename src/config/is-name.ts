/** Whether a text can be a name that is sent to somebody: no control characters, no white space around it. */
export function isName(text: string): boolean {
  return text !== "" && text.trim() === text && !/\p{Cc}/u.test(text);
}
