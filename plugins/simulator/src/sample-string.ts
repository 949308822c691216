import type { JsonObject } from "@parlance/sdk";
import { WORDS } from "./models/lorem.js";
import { samplePattern } from "./pattern-sample.js";
import type { Random } from "./random.js";
import { matches } from "./schema-check.js";

/** Characters of a text, at most: what asks for more is not obeyed. */
const MOST_LENGTH = 10_000;

/** A text of the pattern, the format or the length that the schema asks for; one to three words where all is open. */
export function sampleString(schema: JsonObject, random: Random): string {
  const least = Math.min(MOST_LENGTH, typeof schema.minLength === "number" ? schema.minLength : 0);
  const most = typeof schema.maxLength === "number" ? schema.maxLength : Number.POSITIVE_INFINITY;
  if (typeof schema.pattern === "string") return fitting(schema.pattern, least, most, random);
  const format = typeof schema.format === "string" ? FORMATS[schema.format] : undefined;
  if (format) {
    const text = format(random);
    if (text.length >= least && text.length <= most) return text;
  }
  let text = words(random, random.between(1, 3));
  while (text.length < least) text += ` ${words(random, 3)}`;
  // A cut may leave a space at the end, which some checks trim away.
  return text.length <= Math.max(most, least)
    ? text.slice(0, most)
    : text.slice(0, Math.min(most, Math.max(least, 12))).replace(/ $/, "a");
}

/** Short and long ways through a pattern are tried until one has the length. */
function fitting(pattern: string, least: number, most: number, random: Random): string {
  let text = "";
  for (let tries = 0; tries < 40; tries += 1) {
    text = samplePattern(pattern, random, Math.min(tries === 0 ? least : random.between(0, Math.max(least, 4)), 200));
    const { length } = [...text];
    if (length >= least && length <= most && matches(pattern, text)) break;
  }
  return text;
}

function words(random: Random, count: number): string {
  return Array.from({ length: count }, () => random.pick(WORDS)).join(" ");
}

const two = (value: number): string => String(value).padStart(2, "0");
const date = (random: Random): string =>
  `20${two(random.between(0, 29))}-${two(random.between(1, 12))}-${two(random.between(1, 28))}`;
const time = (random: Random): string =>
  `${two(random.between(0, 23))}:${two(random.between(0, 59))}:${two(random.between(0, 59))}Z`;
const host = (random: Random): string => `${random.pick(WORDS)}.example.com`;
const uri = (random: Random): string => `https://${host(random)}/${random.pick(WORDS)}`;
const path = (random: Random): string => `/${random.pick(WORDS)}/${random.between(0, 9)}`;

/** The formats of JSON schema 2020-12 (https://json-schema.org/draft/2020-12/json-schema-validation#section-7.3). */
const FORMATS: Readonly<Record<string, (random: Random) => string>> = {
  "date-time": (random) => `${date(random)}T${time(random)}`,
  date,
  time,
  duration: (random) => `P${random.between(1, 9)}DT${random.between(1, 23)}H`,
  email: (random) => `${random.pick(WORDS)}@${host(random)}`,
  "idn-email": (random) => `${random.pick(WORDS)}@${host(random)}`,
  hostname: host,
  "idn-hostname": host,
  ipv4: (random) => `192.0.2.${random.between(1, 254)}`,
  ipv6: (random) => `2001:db8::${random.hex(3)}1`,
  uri,
  iri: uri,
  url: uri,
  "uri-reference": path,
  "iri-reference": path,
  "uri-template": (random) => `${uri(random)}/{id}`,
  "json-pointer": path,
  "relative-json-pointer": (random) => `${random.between(0, 3)}${path(random)}`,
  regex: (random) => `^${random.pick(WORDS)}$`,
  uuid: (random) => `${random.hex(8)}-${random.hex(4)}-4${random.hex(3)}-a${random.hex(3)}-${random.hex(12)}`,
};
