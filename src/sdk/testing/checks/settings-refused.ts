import type { JsonObject } from "@bufbuild/protobuf";
import { ParlanceError } from "../../errors.js";
import { isObject } from "../../extensions.js";
import { type Check, promise } from "../check.js";
import type { Kit } from "../kit.js";
import { told } from "../run-call.js";

const UNKNOWN = "conformance_unknown_setting";

export const settingsRefused: Check = {
  name: "settings-refused",
  promise: "A setting that it does not know, or of the wrong kind, is refused by name.",
  async run(kit) {
    const { settingsSchema: schema } = kit.subject;
    if (schema === undefined || schema.additionalProperties === false) await refused(kit, UNKNOWN, 1);
    const properties = isObject(schema?.properties) ? schema.properties : {};
    for (const [name, property] of Object.entries(properties)) {
      if (isObject(property) && SCALARS.has(property.type)) await refused(kit, name, { not: "this" });
    }
  },
};

const SCALARS = new Set<unknown>(["string", "boolean", "number", "integer"]);

async function refused(kit: Kit, name: string, value: JsonObject | number): Promise<void> {
  const settings = { ...kit.subject.conformance.settings, [name]: value };
  const thrown: unknown = await kit.make({ settings }).then(
    () => undefined,
    (error: unknown) => error,
  );
  const what = `the setting "${name}" as ${JSON.stringify(value)} to be refused`;
  promise(thrown !== undefined, what, "a provider");
  promise(ParlanceError.is(thrown) && thrown.code === "invalid_request", `${what} as invalid_request`, told(thrown));
  const named = thrown.message.includes(name) || (thrown.facts.field ?? "").includes(name);
  promise(named, `${what} by its name`, told(thrown));
}
