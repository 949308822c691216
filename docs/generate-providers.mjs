// `npm run generate`: docs/providers.md from the manifests of the plugins and from the rows. With a path, it is written
// there instead.
import fs from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const [output = path.join(root, "docs", "providers.md")] = process.argv.slice(2);
const packages = fs.readdirSync(path.join(root, "plugins")).sort().flatMap(readPackage);
const rows = packages.flatMap(({ folder, parlance }) => (parlance.rows ? readJson(folder, parlance.rows) : []));
const plugins = packages.filter(({ parlance }) => parlance.rows === undefined);
const introduction = fs.readFileSync(path.join(root, "docs", "providers.head.md"), "utf8").trimEnd();
fs.writeFileSync(output, `${[introduction, pluginTable(), rowTable(), quirkList()].join("\n\n")}\n`);

function readPackage(name) {
  const folder = path.join("plugins", name);
  if (!fs.existsSync(path.join(root, folder, "package.json"))) return [];
  const { description, parlance } = readJson(folder, "package.json");
  return parlance === undefined ? [] : [{ name, folder, description, parlance }];
}

function readJson(folder, file) {
  return JSON.parse(fs.readFileSync(path.join(root, folder, file), "utf8"));
}

function pluginTable() {
  const lines = plugins.map(({ name, folder, description, parlance }) => {
    const { api_key: key, settings = {} } = parlance.environment ?? {};
    const variables = [key ?? [], Object.values(settings)].flat(2).map(code);
    const more = fs.existsSync(path.join(root, folder, "README.md")) ? ` ([more](../${folder}/README.md))` : "";
    const can = parlance.capabilities.join(", ");
    return `| \`${parlance.name ?? name}\` | ${description}${more} | ${can} | ${variables.join(", ") || "none"} |`;
  });
  return ["## Plugins", "", "| plugin | what | can | usual variables |", "| --- | --- | --- | --- |", ...lines].join(
    "\n",
  );
}

function rowTable() {
  const lines = rows.map((row) => {
    const endpoints = [row.chat, ...(row.other_chats ?? []), row.completions, row.embeddings].filter(Boolean);
    const variables = [
      row.api_key ?? [],
      Object.values(row.settings ?? {}).map(({ environment }) => environment ?? []),
    ];
    const used = variables.flat(3).map(code).join(", ") || "none";
    const dialects = endpoints.map(({ dialect }) => dialect).join(", ");
    const names = [row.name, ...(row.aliases ?? [])].map(code).join(", ");
    return `| ${names} | [${row.title}](${row.docs}) | \`${row.base_url}\` | ${used} | ${dialects} |`;
  });
  const head = ["| plugin | who | address | usual variables | dialects |", "| --- | --- | --- | --- | --- |"];
  return ["## Rows", "", ...head, ...lines].join("\n");
}

function quirkList() {
  const lines = rows.flatMap(({ name, quirks = [] }) =>
    quirks.map(({ models, traits, source }) => {
      const said = Object.entries(traits).map(([trait, value]) => `\`${trait}: ${JSON.stringify(value)}\``);
      return `* \`${name}\`${models === undefined ? "" : `, models \`${models}\``}: ${said.join(", ")} ([source](${source}))`;
    }),
  );
  return ["## Quirks", "", ...lines].join("\n");
}

function code(name) {
  return `\`${name}\``;
}
