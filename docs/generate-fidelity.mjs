// `npm run generate`: docs/fidelity.md from the codecs, as they are built.
import fs from "node:fs";
import { fileURLToPath } from "node:url";

const root = new URL("..", import.meta.url);
const load = (module) => import(new URL(`.cache/modules/dialects/${module}`, root).href);
const [{ translatedDialects }, { fidelityPage }] = await Promise.all([load("index.js"), load("fidelity/page.js")]);
fs.writeFileSync(fileURLToPath(new URL("docs/fidelity.md", root)), fidelityPage(translatedDialects));
