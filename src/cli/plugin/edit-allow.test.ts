import { describe, expect, it } from "vitest";
import { addToAllow, removeFromAllow } from "./edit-allow.js";

const BLOCK = `# Ours.
plugins:
  allow:   # who may run
    - openai   # the first
    # The second:
    - "claude"
  paths: [ ./mine ]
server: {port: 1}
`;

describe("adding a name to plugins.allow", () => {
  it("writes a line of its own after the last one, and leaves all else as it was", () => {
    const { text, changed, names } = addToAllow(BLOCK, "acme");
    expect(text).toBe(BLOCK.replace('- "claude"\n', '- "claude"\n    - "acme"\n'));
    expect({ changed, names }).toEqual({ changed: true, names: ["openai", "claude", "acme"] });
  });

  it.each([
    ["plugins: {allow: [a,b]}", "plugins: {allow: [a,b, acme]}"],
    ['{"plugins":{"allow":["a"]}}', '{"plugins":{"allow":["a", "acme"]}}'],
    ["plugins:\n  allow:\n  - a", "plugins:\n  allow:\n  - a\n  - acme"],
  ])("follows the spelling of %j", (before, after) => {
    expect(addToAllow(before, "acme").text).toBe(after);
  });

  it.each(["server: { port: 1 }", "plugins: { allow: [] }", "plugins: { allow: [acme] }", ""])(
    "changes nothing in %j",
    (text) => {
      expect(addToAllow(text, "acme")).toMatchObject({ text, changed: false });
    },
  );

  it("quotes a name that YAML would read as something else", () => {
    expect(addToAllow("plugins: { allow: [a] }", "1e3").text).toBe("plugins: { allow: [a, '1e3'] }");
  });
});

describe("removing a name from plugins.allow", () => {
  it("is the undoing of adding it", () => {
    for (const text of [BLOCK, "plugins: {allow: [a,b]}", '{"plugins":{"allow":["a"]}}']) {
      expect(removeFromAllow(addToAllow(text, "acme").text, "acme").text).toBe(text);
    }
  });

  it.each([
    ["plugins: { allow: [acme, b] }", "plugins: { allow: [b] }"],
    ["plugins: { allow: [a, acme, b] }", "plugins: { allow: [a, b] }"],
    ["plugins:\n  allow:\n  - acme # us\n  - b\n", "plugins:\n  allow:\n  - b\n"],
  ])("makes of %j %j", (before, after) => {
    expect(removeFromAllow(before, "acme").text).toBe(after);
  });

  it("tells that none is left", () => {
    expect(removeFromAllow("plugins: { allow: [acme] }", "acme")).toMatchObject({ changed: true, names: [] });
  });
});
