import { constants, Script } from "node:vm";

/**
 * Imports as Node itself does. The test runner's own `import` reads modules through its transformation, knows them by their
 * file alone, and asks no hook.
 */
export const nativeImport = new Script("(address) => import(address)", {
  importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
}).runInThisContext() as (address: string) => Promise<unknown>;
