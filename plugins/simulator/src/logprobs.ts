import { create, type TokenLogprob, TokenLogprobSchema } from "@parlance/sdk";
import { WORDS } from "./models/lorem.js";
import type { Random } from "./random.js";

/** Made-up log probabilities of one token, which is the likeliest, with so many of the likeliest beside each other. */
export function tokenLogprob(token: string, top: number, random: Random): TokenLogprob {
  const own = -random.next();
  const list = [entry(token, own)];
  let logprob = own;
  for (let tries = 0; list.length < top; tries += 1) {
    const other = tries < WORDS.length ? ` ${random.pick(WORDS)}` : ` ${tries}`;
    if (list.some((known) => known.token === other)) continue;
    logprob -= 0.1 + random.next();
    list.push(entry(other, logprob));
  }
  return create(TokenLogprobSchema, { ...entry(token, own), topLogprobs: list.slice(0, top) });
}

function entry(token: string, logprob: number): TokenLogprob {
  // Six decimals, as the vendors write them.
  return create(TokenLogprobSchema, {
    token,
    logprob: Number(logprob.toFixed(6)),
    bytes: new TextEncoder().encode(token),
  });
}
