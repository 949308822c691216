import { ScalarType } from "@bufbuild/protobuf";
import { kindOf } from "../sdk/index.js";
import { type Environment, fillText } from "./environment.js";
import type { Path } from "./problem.js";
import type { Report } from "./reporter.js";

const INT32_MAX = 2_147_483_647;

/** A scalar as its field holds it; undefined once its fault was reported. A variable may hold a number, or true or false. */
export function readScalar(
  type: ScalarType,
  value: unknown,
  path: Path,
  environment: Environment,
  report: Report,
): unknown {
  if (value === null) return report(path, `has no value. Give it ${expected(type)}, or leave it out.`);
  const given = typeof value === "string" ? fillText(value, path, environment, report) : value;
  if (given === undefined) return undefined;
  // What came out of a variable is text; a number that was written as text in the file is not meant as one.
  const filled = typeof given === "string" && given !== value ? given.trim() : undefined;
  switch (type) {
    case ScalarType.STRING:
      if (typeof given === "string") return given;
      return report(
        path,
        `must be text, not ${kindOf(given as number)}.${typeof given === "object" ? "" : " Put it in quotes."}`,
      );
    case ScalarType.BOOL:
      if (typeof given === "boolean") return given;
      if (filled === "true" || filled === "false") return filled === "true";
      return report(path, `must be true or false, not ${kindOf(given as string)}.`);
    case ScalarType.INT32:
    case ScalarType.INT64: {
      const number = filled !== undefined && /^-?\d+$/.test(filled) ? Number(filled) : given;
      if (!Number.isInteger(number)) {
        const found = typeof given === "number" ? String(given) : kindOf(given as string);
        return report(path, `must be a whole number, not ${found}.`);
      }
      const largest = type === ScalarType.INT32 ? INT32_MAX : Number.MAX_SAFE_INTEGER;
      if ((number as number) > largest) return report(path, `must be at most ${largest}.`);
      if ((number as number) < -largest) return report(path, `must be at least ${-largest}.`);
      return type === ScalarType.INT64 ? BigInt(number as number) : number;
    }
    case ScalarType.DOUBLE: {
      const number = filled !== undefined && /^-?\d+(?:\.\d+)?$/.test(filled) ? Number(filled) : given;
      if (typeof number === "number" && Number.isFinite(number)) return number;
      return report(path, `must be a number, not ${kindOf(given as string)}.`);
    }
    default:
      throw new Error(`no reader for the scalar type ${ScalarType[type]}`);
  }
}

function expected(type: ScalarType): string {
  if (type === ScalarType.STRING) return "text";
  if (type === ScalarType.DOUBLE) return "a number";
  return type === ScalarType.BOOL ? "true or false" : "a whole number";
}
