import { describe, expect, it } from "vitest";
import { fullAddress } from "./full-address.js";

describe("an address from the environment", () => {
  it.each([
    ["localhost", "http://localhost:11434"],
    ["0.0.0.0", "http://0.0.0.0:11434"],
    ["10.0.0.7:8080", "http://10.0.0.7:8080"],
    ["gpu.lan:80", "http://gpu.lan:80"],
    ["gpu.lan/models", "http://gpu.lan:11434/models"],
    ["[::1]", "http://[::1]:11434"],
    ["::1", "http://[::1]:11434"],
    ["[::1]:8080", "http://[::1]:8080"],
    ["http://gpu.lan", "http://gpu.lan"],
    ["https://example.com", "https://example.com"],
  ])("%s is %s", (value, whole) => {
    expect(fullAddress(value, 11_434)).toBe(whole);
  });

  it("is left as it is where the vendor's variable holds whole addresses, or where it is none", () => {
    expect(fullAddress("localhost", undefined)).toBe("localhost");
    expect(fullAddress("not a host", 11_434)).toBe("not a host");
  });
});
