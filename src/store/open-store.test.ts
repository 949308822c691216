import { homedir } from "node:os";
import { describe, expect, it } from "vitest";
import { stateFolder } from "./open-store.js";

describe("the folder of a store that none is named for", () => {
  it.each([
    [{ XDG_STATE_HOME: "/var/state" }, "/var/state/parlance"],
    [{ XDG_STATE_HOME: "relative" }, `${homedir()}/.local/state/parlance`],
    [{ XDG_STATE_HOME: "" }, `${homedir()}/.local/state/parlance`],
    [{}, `${homedir()}/.local/state/parlance`],
  ])("with %j is %s", (environment, folder) => {
    expect(stateFolder(environment)).toBe(folder);
  });
});
