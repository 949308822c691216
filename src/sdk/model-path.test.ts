import { describe, expect, it } from "vitest";
import { ParlanceError } from "./errors.js";
import { modelPath } from "./model-path.js";

describe("the name of a model in a path", () => {
  const arn = "arn:aws:bedrock:us-east-1:000000000000:inference-profile/us.model-v1:0";

  it("trap 98: is escaped, and its slashes too where it is one step", () => {
    const escaped = "arn%3Aaws%3Abedrock%3Aus-east-1%3A000000000000%3Ainference-profile";
    expect(modelPath("/model/{model:segment}/converse", arn)).toBe(`/model/${escaped}%2Fus.model-v1%3A0/converse`);
    expect(modelPath("/models/{model}:x", "tuned/é 1")).toBe("/models/tuned/%C3%A9%201:x");
    expect(modelPath("/models/{model}:x", "$& $1")).toBe("/models/%24%26%20%241:x");
    expect(modelPath("/chat", arn)).toBe("/chat");
  });

  it.each(["", ".", "..", "a/../b", "a//b", "\ud800", "a/\udc00"])(
    "that leads elsewhere or is none is no model: %j",
    (model) => {
      const failed = (() => {
        try {
          return modelPath("/models/{model}", model);
        } catch (thrown) {
          return thrown;
        }
      })();
      expect(failed).toBeInstanceOf(ParlanceError);
      expect((failed as ParlanceError).code).toBe("model_not_found");
    },
  );
});
