import type { FastifyRequest } from "fastify";
import type { ErrorDialect } from "../sdk/index.js";

/** Tells the dialect of a request whose path no router can read, and which therefore meets no door; absent: not ours. */
export type ErrorsAt = (request: Pick<FastifyRequest, "url" | "headers">) => ErrorDialect | undefined;
