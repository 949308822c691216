import type { DescMessage } from "@bufbuild/protobuf";

/** Every path at which a message, or one within it, has a field of that name: `providers.<name>.base_url`. */
export function placesOf(schema: DescMessage, name: string): string[] {
  return fieldPaths(schema).filter((path) => path.split(".").at(-1)?.replace("[]", "") === name);
}

/** Every path of a message, shallow ones first. Maps have `<name>` in theirs, lists `[]`. */
export function fieldPaths(schema: DescMessage, prefix = ""): string[] {
  const paths: string[] = [];
  const below: string[] = [];
  for (const field of schema.fields) {
    const suffix = field.fieldKind === "map" ? ".<name>" : field.fieldKind === "list" ? "[]" : "";
    paths.push(`${prefix}${field.name}${field.fieldKind === "list" ? "[]" : ""}`);
    const { message } = field;
    if (message !== undefined && !message.typeName.startsWith("google.protobuf.")) {
      below.push(...fieldPaths(message, `${prefix}${field.name}${suffix}.`));
    }
  }
  return [...paths, ...below];
}
