import { type Check, promise } from "../check.js";

export const manifest: Check = {
  name: "manifest",
  promise: "Its manifest is good, and can be read without running a line of its code.",
  async run({ subject }) {
    promise(subject.problems.length === 0, "a manifest without problems", subject.problems.join(" "));
  },
};
