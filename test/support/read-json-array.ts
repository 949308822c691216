/**
 * Reads a JSON array as clients do that get it piece by piece: an element as soon as its braces close. Throws when the
 * text is not an array of objects.
 */
export function readJsonArray(text: string): unknown[] {
  const elements: unknown[] = [];
  let depth = 0;
  let start = 0;
  let inString = false;
  for (let at = 0; at < text.length; at += 1) {
    const letter = text[at];
    if (inString) {
      if (letter === "\\") at += 1;
      else if (letter === '"') inString = false;
    } else if (letter === '"') inString = true;
    else if (letter === "{") {
      if (depth === 0) start = at;
      depth += 1;
    } else if (letter === "}") {
      depth -= 1;
      if (depth === 0) elements.push(JSON.parse(text.slice(start, at + 1)));
    }
  }
  const whole = JSON.parse(text) as unknown[];
  if (whole.length !== elements.length) throw new Error(`${elements.length} elements, of ${whole.length}`);
  return elements;
}
