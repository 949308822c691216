import type { AdminConfig } from "../gen/parlance/config/v1/config_pb.js";
import type { Report } from "./reporter.js";

/** Checks that the admin key can be sent as bearer: a header holds one word of visible ASCII there. Never quotes it. */
export function checkAdmin(admin: AdminConfig | undefined, report: Report): void {
  if (admin?.key === undefined || /^[\x21-\x7e]+$/.test(admin.key)) return;
  report(["admin", "key"], "holds what a bearer key cannot: white space, or something other than visible ASCII.");
}
