import type { Stage } from "./stage.js";
import type { Tenure } from "./tenure.js";

/** Counts the exchanges of a snapshot; stands in front of all that uses it. */
export function tenureStage(tenure: Tenure): Stage {
  return {
    name: "tenure",
    enter: () => tenure.begin(),
    settle: () => tenure.leave(),
  };
}
