import { execFile } from "node:child_process";
import { cp, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { buildProgram } from "../../test/kits/program.js";
import { type ThrowAway, throwAway } from "../../test/support/throw-away-packages.js";

const root = fileURLToPath(new URL("../..", import.meta.url));
const CODE = `
import { ParlanceError, definePlugin } from "@parlance/sdk";
import { chatDialects } from "@parlance/sdk/dialects";
export default definePlugin({
  create() {
    throw new ParlanceError("invalid_request", [...chatDialects.keys()].join(), { field: "settings" });
  },
});
`;
/** Loads a plugin as the gateway does, and tells what it throws: Node resolves imports for a process, so in its own. */
const LOADER = `
const { loadPlugin } = await import(process.argv[1] + "dist/loader/load.js");
const { ParlanceError } = await import(process.argv[1] + "dist/sdk/index.js");
try {
  const provider = (await loadPlugin(process.argv[2])).create({ name: "mine", settings: {} });
  console.log(JSON.stringify({ provider }));
} catch (error) {
  const { message, code, facts, stack } = error;
  const shared = error instanceof ParlanceError;
  console.log(JSON.stringify({ message, code, facts, stack, shared, understood: ParlanceError.is(error) }));
}
`;

let room: ThrowAway;
beforeAll(async () => {
  buildProgram();
  room = await throwAway();
});
afterAll(() => room.remove());

/** Writes a package that declares so much, and loads it. */
async function load(path: string, declares: object, code: string): Promise<Record<string, unknown>> {
  const folder = await room.plugin(path, {}, code);
  const manifest = join(folder, "package.json");
  await writeFile(manifest, JSON.stringify({ ...JSON.parse(await readFile(manifest, "utf8")), ...declares }));
  const args = ["--input-type=module", "--eval", LOADER, root, join(folder, "index.js")];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  return JSON.parse(stdout) as Record<string, unknown>;
}

describe("a plugin", () => {
  it("that imports nothing is loaded as it is", async () => {
    const code = "export default { create: () => ({ models: [] }) };";
    expect(await load("plain", {}, code)).toEqual({ provider: { models: [] } });
  });

  it("that has no SDK and names it is lent the gateway's, dialects included", async () => {
    const thrown = await load("lent", { peerDependencies: { "@parlance/sdk": "0.1.0" } }, CODE);
    expect(thrown).toMatchObject({ code: "invalid_request", facts: { field: "settings" }, shared: true });
    expect(thrown.message).toContain("openai-chat");
  });

  it("that imports the SDK and does not name it is told what to do", async () => {
    expect((await load("silent", {}, CODE)).message).toContain(
      'Name "@parlance/sdk" among the "peerDependencies" in its package.json',
    );
  });

  it("with a copy of its own, of another version, keeps it, and its errors are understood", async () => {
    const modules = join(room.directory, "owner/node_modules");
    const own = join(modules, "@parlance/sdk");
    await cp(join(root, "src/sdk/dist"), join(own, "dist"), { recursive: true });
    await cp(join(root, "node_modules/@bufbuild/protobuf"), join(modules, "@bufbuild/protobuf"), { recursive: true });
    const manifest = JSON.parse(await readFile(join(root, "src/sdk/package.json"), "utf8")) as object;
    await writeFile(join(own, "package.json"), JSON.stringify({ ...manifest, version: "0.0.7" }));
    const thrown = await load("owner", { dependencies: { "@parlance/sdk": "0.0.7" } }, CODE);
    expect(thrown).toMatchObject({ code: "invalid_request", facts: { field: "settings" } });
    expect(thrown).toMatchObject({ shared: false, understood: true });
  });
});
