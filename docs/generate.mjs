// `npm run generate`: docs/configuration.md from the comments of config.proto. With a path, it is written there instead.
import { spawnSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { createFileRegistry, fromBinary, ScalarType } from "@bufbuild/protobuf";
import { FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";

const root = fileURLToPath(new URL("..", import.meta.url));
const SOURCE = "proto/parlance/config/v1/config.proto";
const ROOT_MESSAGE = "parlance.config.v1.Config";
const [output = path.join(root, "docs", "configuration.md")] = process.argv.slice(2);

const descriptors = describe();
const registry = createFileRegistry(descriptors);
const comments = readComments(descriptors.file.find((file) => SOURCE.endsWith(file.name)));
const introduction = fs.readFileSync(path.join(root, "docs", "configuration.head.md"), "utf8");
const sections = sectionsOf(registry.getMessage(ROOT_MESSAGE), "");
fs.writeFileSync(output, `${introduction.trimEnd()}\n\n${sections.join("\n\n")}\n`);

function describe() {
  const buf = path.join(root, "node_modules", ".bin", "buf");
  const built = spawnSync(buf, ["build", "--path", SOURCE, "--output", "-#format=binpb"], { cwd: root });
  if (built.status !== 0) throw new Error(String(built.stderr ?? built.error));
  return fromBinary(FileDescriptorSetSchema, built.stdout);
}

/** Comments by where the commented thing stands in its file's descriptor: `4,0,2,1` is field 1 of message 0. */
function readComments({ sourceCodeInfo }) {
  return new Map(sourceCodeInfo.location.map((place) => [place.path.join(), place.leadingComments]));
}

function commentOf(message, field) {
  const at = message.file.messages.indexOf(message);
  const place = field === undefined ? [4, at] : [4, at, 2, message.fields.indexOf(field)];
  const comment = comments.get(place.join())?.trim().replace(/\s+/g, " ");
  if (!comment) throw new Error(`${message.typeName}${field ? `.${field.name}` : ""} has no comment`);
  return comment;
}

/** One section for a message, and one for each message in it. */
function sectionsOf(message, prefix) {
  const rows = message.fields.map((field) => rowOf(message, field, prefix));
  const title = prefix === "" ? "The whole" : `\`${prefix.replace(/\.$/, "")}\``;
  const table = ["| setting | type | default | meaning |", "| --- | --- | --- | --- |", ...rows];
  const own = [`## ${title}`, "", commentOf(message), "", ...table].join("\n");
  const nested = message.fields.filter((field) => isOurs(field.message));
  return [own, ...nested.flatMap((field) => sectionsOf(field.message, `${pathOf(field, prefix)}.`))];
}

function pathOf(field, prefix) {
  const kind = isOurs(field.message) ? field.fieldKind : "";
  return `${prefix}${field.name}${kind === "map" ? ".<name>" : kind === "list" ? "[]" : ""}`;
}

function rowOf(message, field, prefix) {
  const { meaning, absent } = split(commentOf(message, field), `${message.typeName}.${field.name}`);
  const cells = [`\`${prefix}${field.name}\``, typeOf(field, prefix), absent, meaning];
  return `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
}

/** Each comment ends in what it means that the setting is not there. */
function split(comment, name) {
  const found =
    /^(.*?) ?(?:(?:Absent|Empty|Absent or empty) means (?:that )?([^.].*)|((?:At least one is r|R)equired))\.$/.exec(
      comment,
    );
  if (found === null) throw new Error(`the comment of ${name} does not end in what its absence means`);
  const [, meaning, absent, required] = found;
  return { meaning, absent: required === undefined ? absent : required.toLowerCase() };
}

function typeOf(field, prefix) {
  const one = nameOfType(field);
  const linked = isOurs(field.message) ? `[${one}](#${anchorOf(pathOf(field, prefix))})` : one;
  if (field.fieldKind === "list") return `list of ${linked}s`.replace("texts", "text");
  return field.fieldKind === "map" ? `${linked} by name` : linked;
}

function nameOfType({ message, scalar }) {
  if (message?.typeName === "google.protobuf.Duration") return "duration";
  if (message?.typeName === "google.protobuf.Struct") return "the plugin's own";
  if (message !== undefined) return "mapping";
  const names = { [ScalarType.STRING]: "text", [ScalarType.BOOL]: "true or false" };
  return names[scalar] ?? "whole number";
}

function isOurs(message) {
  return message !== undefined && message.file.proto.name.endsWith("config.proto");
}

/** As GitHub makes it of a heading. */
function anchorOf(heading) {
  return heading.toLowerCase().replace(/[^\w-]/g, "");
}
