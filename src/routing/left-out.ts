/** Why a target is not asked. */
export interface LeftOut {
  readonly target: string;
  /** Why, in words, naming the field of the request that decides. */
  readonly reason: string;
  /** What it is for: the caller's wish, a condition of the configuration, the length of the prompt, or what the target cannot do. */
  readonly kind: "wish" | "condition" | "context" | "ability";
  /** The field of the request. */
  readonly field: string;
}
