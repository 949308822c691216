import { createHash } from "node:crypto";

/** A source of numbers that looks random and is the same for the same seeds. */
export interface Random {
  /** A number from 0 up to, not including, 1. */
  next(): number;
  /** A whole number from `low` to `high`, both included. */
  between(low: number, high: number): number;
  /** One of a list that is not empty. */
  pick<T>(list: readonly T[]): T;
  /** So many hexadecimal digits. */
  hex(digits: number): string;
}

/** Makes a source from seeds; any difference in any of them makes another one, and 3 is the same as 3n. */
export function createRandom(...seeds: readonly (string | number | bigint)[]): Random {
  const digest = createHash("sha256").update(seeds.join("\n")).digest();
  // sfc32, a small fast counter generator (PractRand, Chris Doty-Humphrey).
  let a = digest.readInt32LE(0);
  let b = digest.readInt32LE(4);
  let c = digest.readInt32LE(8);
  let counter = digest.readInt32LE(12);
  const next = (): number => {
    const sum = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + sum;
    return (sum >>> 0) / 4294967296;
  };
  const between = (low: number, high: number): number => low + Math.floor(next() * (high - low + 1));
  return {
    next,
    between,
    pick: (list) => list[between(0, list.length - 1)] as (typeof list)[number],
    hex: (digits) => Array.from({ length: digits }, () => between(0, 15).toString(16)).join(""),
  };
}
