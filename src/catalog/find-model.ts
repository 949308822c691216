import type { MatchLogic } from "@pydantic/genai-prices";
import type { Vendor, VendorModel } from "./price-data.js";

/**
 * The model that a name stands for at a vendor, by the data's own rules: a model's rule, or that of a vendor whose models
 * this one serves too. A name with a date written together (`-20250929`) is tried with hyphens as well.
 */
export function findModel(vendors: readonly Vendor[], vendor: Vendor, name: string): VendorModel | undefined {
  const plain = name.toLowerCase().trim();
  const dated = plain.replace(/-(20\d{2})(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])(?=-|:|$)/g, "-$1-$2-$3");
  return find(vendors, vendor, plain) ?? (dated === plain ? undefined : find(vendors, vendor, dated));
}

function find(vendors: readonly Vendor[], vendor: Vendor, name: string): VendorModel | undefined {
  const own = vendor.models.find((model) => matches(model.match, name));
  if (own !== undefined) return own;
  for (const id of vendor.fallback_model_providers ?? []) {
    const other = vendors.find((each) => each.id === id);
    const found = other?.models.find((model) => matches(model.match, name));
    if (found !== undefined) return found;
  }
  return undefined;
}

const patterns = new WeakMap<object, RegExp>();

function matches(rule: MatchLogic, name: string): boolean {
  if ("or" in rule) return rule.or.some((each) => matches(each, name));
  if ("and" in rule) return rule.and.every((each) => matches(each, name));
  if ("equals" in rule) return name === rule.equals.toLowerCase();
  if ("starts_with" in rule) return name.startsWith(rule.starts_with.toLowerCase());
  if ("ends_with" in rule) return name.endsWith(rule.ends_with.toLowerCase());
  if ("contains" in rule) return name.includes(rule.contains.toLowerCase());
  const pattern = patterns.get(rule) ?? new RegExp(rule.regex);
  patterns.set(rule, pattern);
  return pattern.test(name);
}
