// The command line of `npm run bench`.
import { parseArgs } from "node:util";

const HELP = `npm run bench -- [options]

Measures Parlance as it was built beside a bare node:http proxy, a bare Fastify proxy, and bare gRPC and Connect
services, in the same run. Takes about six minutes; with --quick, under one. docs/bench.md says how to read it.

  --quick             fewer cells (32 connections), one round, shorter slices
  --only REGEX        only the cells whose name matches, such as 'verbatim/unary' or 'sse/burst/c32'
  --rounds N          how often everything is started and measured anew; the median is told (3; quick 1)
  --slice MS          how long each contender is measured in each cell of each round (300; quick 250)
  --warm N            requests that each process answers before it is measured (3000; quick 1500)
  --peer portkey      also the published npm gateway, fetched into a temporary folder
  --json FILE         also write every figure to FILE
  --profile CELL      run Parlance alone in one cell and tell which functions take its CPU
  --of NAME           with --profile: another contender instead (parlance)
  --help              this text
`;

/** What the command line asks for. Ends the process after --help, and with 2 where it is not understood. */
export function readOptions(args) {
  const string = { type: "string" };
  const boolean = { type: "boolean", default: false };
  try {
    const { values } = parseArgs({
      args,
      options: {
        quick: boolean,
        only: string,
        rounds: string,
        slice: string,
        warm: string,
        peer: { type: "string", multiple: true, default: [] },
        json: string,
        profile: string,
        of: { type: "string", default: "parlance" },
        help: boolean,
      },
    });
    if (values.help) {
      process.stdout.write(HELP);
      process.exit(0);
    }
    const unknown = values.peer.find((peer) => peer !== "portkey");
    if (unknown !== undefined) throw new Error(`There is no peer ${unknown}; there is portkey.`);
    const { quick, only, peer, json, profile, of } = values;
    return {
      quick,
      peers: peer,
      json,
      profile,
      of,
      only: only === undefined ? undefined : new RegExp(only),
      rounds: count("rounds", values.rounds, quick ? 1 : 3),
      sliceMs: count("slice", values.slice, quick ? 250 : 300),
      warm: count("warm", values.warm, quick ? 1500 : 3000),
    };
  } catch (error) {
    process.stderr.write(`${error.message}\n\n${HELP}`);
    process.exit(2);
  }
}

function count(name, text, otherwise) {
  if (text === undefined) return otherwise;
  if (!/^[1-9]\d*$/.test(text)) throw new Error(`--${name} wants a whole number above 0, not ${text}.`);
  return Number(text);
}
