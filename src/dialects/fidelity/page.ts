import type { ChatDialect } from "../../sdk/index.js";
import { type Outcome, probeRequest } from "./probe-request.js";
import { REQUEST_FEATURES } from "./request-features.js";

const HEAD = `# Fidelity

What becomes of each thing that a caller may ask for, by the dialect in which it asks and the dialect of the target.
Made by \`npm run generate\` from the codecs themselves: every cell is a request that was written for the target and read
back. The target is taken as the newest models of its dialect are; an older model may lose more, and says so.

| word | meaning |
| --- | --- |
| sent | it is on the target's wire, and means the same there |
| near | something close to it is sent: a loss of the kind \`approximated\`, with the reason in the note |
| lost | it is left out: a loss of the kind \`dropped\` |
| refused | the request is refused, since without it the answer would be another |
| · | the caller's dialect cannot say it |

Losses are told in the answer (\`parlance.losses\`; in the verbatim lane the header \`x-parlance-losses\` counts them, and the
log names them). Strict turns the first loss into the error \`unsupported\`: \`"parlance": {"strict": true}\` in the body,
\`x-parlance-strict: true\` as a header or as RPC metadata, or \`models.<name>.strict: true\` in the configuration. A field
that only one dialect has is kept for targets of that dialect, and told as \`extensions.<dialect>.<field>\` to others. From a
dialect to itself a request travels byte for byte, and so does what this page calls lost.`;

/** docs/fidelity.md. Throws when a feature would be lost in silence. */
export function fidelityPage(dialects: readonly ChatDialect[]): string {
  const notes = new Map<string, number>();
  const callers: [string, ChatDialect | undefined][] = [
    ["RPC", undefined],
    ...dialects.map((dialect): [string, ChatDialect] => [dialect.name, dialect]),
  ];
  const tables = callers.map(([name, caller]) => {
    const targets = dialects.filter((target) => target !== caller);
    const rows = REQUEST_FEATURES.flatMap((feature) => {
      const outcomes = targets.map((target) => probeRequest(feature, caller, target));
      if (outcomes.some(({ kind }) => kind === "silent")) {
        throw new Error(`${feature.name} from ${name} is lost in silence at ${targets.map((t) => t.name).join(", ")}`);
      }
      if (outcomes.every(({ kind }) => kind === "unsayable")) return [];
      return [`| ${feature.name} | ${outcomes.map((outcome) => cellOf(outcome, notes)).join(" | ")} |`];
    });
    const head = `| from ${name} to | ${targets.map((target) => target.name).join(" | ")} |`;
    return [`## From ${name}`, "", head, `| --- |${" --- |".repeat(targets.length)}`, ...rows].join("\n");
  });
  const list = [...notes].map(([reason, number]) => `${number}. ${reason}`);
  return `${HEAD}\n\n${tables.join("\n\n")}\n\n## Notes\n\n${list.join("\n")}\n`;
}

const WORDS = {
  carried: "sent",
  unsayable: "·",
  silent: "",
  approximated: "near",
  dropped: "lost",
  refused: "refused",
};

function cellOf(outcome: Outcome, notes: Map<string, number>): string {
  if (!("reason" in outcome)) return WORDS[outcome.kind];
  const number = notes.get(outcome.reason) ?? notes.size + 1;
  notes.set(outcome.reason, number);
  return `${WORDS[outcome.kind]} (${number})`;
}
