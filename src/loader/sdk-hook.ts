import type { InitializeHook, ResolveHook } from "node:module";

/** Of the SDK and its parts, such as `@parlance/sdk/dialects`. */
const SDK = /^@parlance\/sdk(?:\/|$)/;

let lender: string;

/** Takes the address of a module that can see the gateway's SDK. Node runs these hooks in a thread of their own. */
export const initialize: InitializeHook<{ readonly lender: string }> = (data) => {
  lender = data.lender;
};

/** Finds the SDK where the gateway has it, for modules that have none of their own. */
export const resolve: ResolveHook = async (specifier, context, nextResolve) => {
  if (!SDK.test(specifier)) return nextResolve(specifier, context);
  try {
    return await nextResolve(specifier, context);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ERR_MODULE_NOT_FOUND") throw error;
    return nextResolve(specifier, { ...context, parentURL: lender });
  }
};
