import { describe, expect, it } from "vitest";
import { ERRORS, type ErrorCode, ParlanceError } from "./errors.js";
import { errorOfStatus, statusOfError } from "./rpc-status.js";

describe("an error as a status", () => {
  it.each(Object.keys(ERRORS) as ErrorCode[])("comes back as it was: %s", (code) => {
    const facts = {
      field: "model",
      providerCode: "their_own",
      providerStatus: 418,
      retryAfterMs: 1500,
      suggestions: ["a", "b"],
    };
    const status = statusOfError(new ParlanceError(code, "What went wrong.", facts));
    expect(status.code).toBe(ERRORS[code].grpc);
    const error = errorOfStatus(status);
    expect(error).toMatchObject({ code, message: "What went wrong.", facts });
  });

  it("is cut where its message has no room in a trailer", () => {
    const { message } = statusOfError(new ParlanceError("provider_error", "x".repeat(100_000)));
    expect(message.length).toBeLessThan(2000);
  });

  it("is none where nothing, or nothing that can be read, was told beside the number", () => {
    expect(errorOfStatus({ code: 14, message: "gone", details: undefined })).toBeUndefined();
    expect(errorOfStatus({ code: 14, message: "gone", details: Buffer.from([255, 255, 1]) })).toBeUndefined();
    expect(errorOfStatus({ code: 14, message: "gone", details: Buffer.alloc(0) })).toBeUndefined();
  });
});
