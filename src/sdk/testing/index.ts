/**
 * `@parlance/sdk/testing`: the promises of the provider contract as checks, to hold a plugin to.
 * @module
 */
export { CHECKS } from "./all-checks.js";
export type { HouseDialects } from "./kit.js";
export { readRecordings, type Recording, toRecording } from "./recording.js";
export type { ConformancePlan, Elsewhere, End, Place, Subject } from "./subject.js";
export { type CheckResult, type Report, testPlugin, type TestOptions } from "./test-plugin.js";
