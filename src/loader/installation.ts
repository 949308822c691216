/**
 * The folder that holds package.json, `dist` and `plugins`: above the sources, the modules that the compiler makes of
 * them, and the bundle, whichever of these runs.
 */
export const installation: URL = new URL(
  import.meta.url.replace(/\/(?:src|dist|\.cache)\/(?!.*\/(?:src|dist|\.cache)\/).*$/, "/"),
);
