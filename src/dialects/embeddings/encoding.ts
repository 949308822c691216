const VECTOR = Buffer.from('"embedding"');
const QUOTE = 34;
const OPEN_BRACKET = 91;
const COLON = 58;

/**
 * Whether the vectors of a whole answer are encoded as asked: base64 begins with a quote, numbers with a bracket. Only the
 * first is looked at, since a server encodes all alike; an answer without any is as good as asked.
 */
export function isEncodedAs(body: Buffer, { base64 }: { readonly base64: boolean }): boolean {
  for (let at = body.indexOf(VECTOR); at !== -1; at = body.indexOf(VECTOR, at + VECTOR.length)) {
    const colon = afterSpace(body, at + VECTOR.length);
    // The word is a value too: what kind of object it is.
    if (body[colon] !== COLON) continue;
    const first = body[afterSpace(body, colon + 1)];
    return first === (base64 ? QUOTE : OPEN_BRACKET);
  }
  return true;
}

function afterSpace(body: Buffer, from: number): number {
  let at = from;
  while (body[at] === 32 || body[at] === 10 || body[at] === 13 || body[at] === 9) at += 1;
  return at;
}
