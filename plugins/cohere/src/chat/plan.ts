import { create, extensionsOf, isObject, type Part, PartSchema } from "@parlance/sdk";
import { DIALECT } from "./wire.js";

/**
 * A plan is what the model says it will do before it calls tools. It is no answer, so callers read it as reasoning; a
 * note tells it from the thoughts of models that reason, which have another place on the wire.
 */
export function planPart(text: string): Part {
  return create(PartSchema, {
    kind: { case: "reasoning", value: { text, dialect: DIALECT } },
    extensions: { [DIALECT]: { $form: { plan: true } } },
  });
}

/** Whether reasoning is a plan that came from this wire. */
export function isPlan(part: Part): boolean {
  const form = extensionsOf(part, DIALECT)?.$form;
  return isObject(form) && form.plan === true;
}
