import type { FastifyRequest, HTTPMethods } from "fastify";
import { ParlanceError } from "../sdk/index.js";

/** Every method that a path may be asked with. */
export const METHODS: HTTPMethods[] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"];

/**
 * Handlers of a path of a door's at which there is nothing, told in the door's own dialect. Before the body is looked
 * at: what there is nothing at needs no right content type.
 */
export const nothing = { onRequest: tellNothing, handler: tellNothing };

/** Throws `not_found`. */
export async function tellNothing({ method, url }: Pick<FastifyRequest, "method" | "url">): Promise<never> {
  throw new ParlanceError("not_found", `There is nothing at ${method} ${url.split("?")[0]}.`);
}
