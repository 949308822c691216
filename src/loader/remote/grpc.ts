// By name: a bundle knows what is in a CommonJS package only where each thing is named, which `import()` cannot do.
export { Client, credentials, Metadata } from "@grpc/grpc-js";
