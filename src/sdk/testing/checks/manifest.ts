import { type Check, promise, Unsupported } from "../check.js";

export const manifest: Check = {
  name: "manifest",
  promise: "Its manifest is good, and can be read without running a line of its code.",
  async run({ subject }) {
    if (subject.place === "address")
      throw new Unsupported("Somebody else runs it: its handshake stands for a manifest.");
    promise(subject.problems.length === 0, "a manifest without problems", subject.problems.join(" "));
  },
};
