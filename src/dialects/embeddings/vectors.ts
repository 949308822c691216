/** Doubles of a vector that came as base64 of 32-bit floats, little-endian; undefined when the bytes are not whole floats. */
export function readBase64Vector(text: string): number[] | undefined {
  const bytes = Buffer.from(text, "base64");
  if (bytes.length % 4 !== 0 || (text.length > 0 && bytes.length === 0)) return undefined;
  const out = new Array<number>(bytes.length / 4);
  for (let index = 0; index < out.length; index += 1) out[index] = bytes.readFloatLE(index * 4);
  return out;
}

/** Base64 of a vector as 32-bit floats, little-endian. Digits beyond seven are rounded away, as the format has it. */
export function writeBase64Vector(vector: readonly number[]): string {
  const bytes = Buffer.alloc(vector.length * 4);
  vector.forEach((value, index) => {
    bytes.writeFloatLE(value, index * 4);
  });
  return bytes.toString("base64");
}
