import { isObject } from "../sdk/index.js";
import type { Vendor } from "./price-data.js";

/** Takes what was fetched as price data. Throws an error that says what is wrong, and where, when it is none. */
export function checkPriceData(value: unknown): Vendor[] {
  if (!Array.isArray(value) || value.length === 0) throw new Error("it is not a list of vendors");
  value.forEach((vendor, index) => {
    checkVendor(vendor, `[${index}]`);
  });
  return value as Vendor[];
}

function checkVendor(vendor: unknown, at: string): void {
  if (!isObject(vendor)) throw new Error(`${at} is not an object`);
  checkText(vendor.id, `${at}.id`);
  checkPattern(vendor.api_pattern, `${at}.api_pattern`);
  const others = vendor.fallback_model_providers ?? [];
  if (!Array.isArray(others) || !others.every((id) => typeof id === "string")) {
    throw new Error(`${at}.fallback_model_providers is not a list of ids`);
  }
  if (!Array.isArray(vendor.models)) throw new Error(`${at}.models is not a list`);
  vendor.models.forEach((model, index) => {
    checkModel(model, `${at}.models[${index}]`);
  });
}

function checkModel(model: unknown, at: string): void {
  if (!isObject(model)) throw new Error(`${at} is not an object`);
  checkText(model.id, `${at}.id`);
  checkRule(model.match, `${at}.match`, 0);
  const { context_window: window, prices } = model;
  if (window !== undefined && window !== null && !(Number.isSafeInteger(window) && (window as number) > 0)) {
    throw new Error(`${at}.context_window is not a count`);
  }
  if (!Array.isArray(prices)) return checkPrices(prices, `${at}.prices`);
  prices.forEach((price, index) => {
    const place = `${at}.prices[${index}]`;
    if (!isObject(price)) throw new Error(`${place} is not an object`);
    checkConstraint(price, `${place}.constraint`);
    checkPrices(price.prices, `${place}.prices`);
  });
}

const MAX_DEPTH = 10;
const TEXT_RULES = ["equals", "starts_with", "ends_with", "contains"];

function checkRule(rule: unknown, at: string, depth: number): void {
  if (!isObject(rule) || depth > MAX_DEPTH) throw new Error(`${at} is not a rule`);
  const [key, ...more] = Object.keys(rule);
  const value = rule[key ?? ""];
  if (key === undefined || more.length > 0) throw new Error(`${at} is not a rule`);
  if (key === "or" || key === "and") {
    if (!Array.isArray(value)) throw new Error(`${at}.${key} is not a list`);
    value.forEach((each, index) => {
      checkRule(each, `${at}.${key}[${index}]`, depth + 1);
    });
  } else if (key === "regex") checkPattern(value, `${at}.regex`);
  else if (TEXT_RULES.includes(key)) checkText(value, `${at}.${key}`);
  else throw new Error(`${at} has the unknown rule "${key}"`);
}

function checkPrices(prices: unknown, at: string): void {
  if (!isObject(prices)) throw new Error(`${at} is not an object`);
  for (const [key, price] of Object.entries(prices)) {
    if (isAmount(price)) continue;
    const { base, tiers } = isObject(price) ? price : {};
    const tiered =
      isAmount(base) &&
      Array.isArray(tiers) &&
      tiers.every((tier) => isObject(tier) && Number.isSafeInteger(tier.start) && isAmount(tier.price));
    if (!tiered) throw new Error(`${at}.${key} is not a price`);
  }
}

/** Data of old has no `type` here; it is added, so that there is one form. */
function checkConstraint(price: Record<string, unknown>, at: string): void {
  const { constraint } = price;
  if (constraint === undefined) return;
  if (!isObject(constraint)) throw new Error(`${at} is not an object`);
  const { start_date: date, start_time: start, end_time: end } = constraint;
  if (isMoment(date, "T00:00:00Z")) price.constraint = { type: "start_date", start_date: date };
  else if (isTime(start) && isTime(end)) price.constraint = { type: "time_of_date", start_time: start, end_time: end };
  else throw new Error(`${at} is neither a date nor times of day`);
}

function isMoment(date: unknown, rest: string): boolean {
  return typeof date === "string" && !Number.isNaN(Date.parse(date + rest));
}

function isTime(time: unknown): boolean {
  return typeof time === "string" && !Number.isNaN(Date.parse(`1970-01-02T${time}`));
}

function isAmount(value: unknown): boolean {
  return typeof value === "number" && Number.isFinite(value) && value >= 0;
}

function checkText(value: unknown, at: string): asserts value is string {
  if (typeof value !== "string" || value === "") throw new Error(`${at} is not a text`);
}

function checkPattern(value: unknown, at: string): void {
  checkText(value, at);
  try {
    new RegExp(value);
  } catch {
    throw new Error(`${at} is not a regular expression`);
  }
}
