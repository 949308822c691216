// By name: a bundle knows what is in a CommonJS package only where each thing is named, which `import()` cannot do.
export { Agent, request } from "undici";
