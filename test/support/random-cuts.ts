/** Sizes at which a text is cut into writes: small ones and large ones, the same for the same seed. */
export function randomCuts(seed: string): number[] {
  let state = [...seed].reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) >>> 0, 7);
  return Array.from({ length: 64 }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    const most = state % 3 === 0 ? 7 : 700;
    return 1 + ((state >>> 8) % most);
  });
}
