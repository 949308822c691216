/** Takes turns among places, each as often as its weight says. */
export interface WeightedTurns {
  /** Whose turn it is; undefined when every place is excluded. */
  next(excluded?: ReadonlySet<number>): number | undefined;
}

/**
 * Smooth weighted round robin: of any run as long as the sum of the weights each place has exactly its weight, and the
 * heavy ones are spread among the light ones (https://github.com/nginx/nginx/commit/52327e0627f49dbda1e8db695e63a4b0af4448b1).
 * A place with weight 0 has a turn only while no other is left. `weights`: whole numbers of 0 or more.
 */
export function weightedTurns(weights: readonly number[]): WeightedTurns {
  const credit = weights.map(() => 0);
  return {
    next(excluded) {
      if (weights.length === 1) return excluded?.has(0) === true ? undefined : 0;
      const left = weights.map((_, place) => place).filter((place) => excluded?.has(place) !== true);
      const total = left.reduce((sum, place) => sum + (weights[place] as number), 0);
      let best: number | undefined;
      for (const place of left) {
        // Those of weight 0 share alike what nobody else can take.
        credit[place] = (credit[place] as number) + (total === 0 ? 1 : (weights[place] as number));
        if (total > 0 && weights[place] === 0) continue;
        if (best === undefined || credit[place] > (credit[best] as number)) best = place;
      }
      if (best !== undefined) credit[best] = (credit[best] as number) - (total === 0 ? left.length : total);
      return best;
    },
  };
}
