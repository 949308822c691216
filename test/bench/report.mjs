// From slices to the tables.
import { contendersIn } from "./cells.mjs";
import { median } from "./statistics.mjs";
import { number, table } from "./table.mjs";
import { FRAMES } from "./wire.mjs";

const BASE = "bare";

/** What Parlance may add to the bare proxy in the verbatim lane, in microseconds: a request, or a frame of a stream. */
const BUDGET = {
  "verbatim/unary/small/c32": 25,
  "verbatim/sse/burst/c32": 2,
  "verbatim/sse/paced/c32": 4,
};

/** Per cell and contender: the median over the rounds, the spread, and the ratio to `bare` within each round. */
export function summarise(group, slices) {
  return group.cells.map((measured) => {
    const { name } = measured;
    const inCell = slices.filter(({ cell }) => cell === name);
    const base = new Map(inCell.filter(({ contender }) => contender === BASE).map((slice) => [slice.round, slice]));
    return {
      name,
      contenders: contendersIn(group, measured).map((contender) => {
        const rounds = inCell.filter((slice) => slice.contender === contender);
        const of = (pick) => median(rounds.map(pick));
        const cpus = rounds.map(({ cpu }) => cpu);
        return {
          contender,
          cpu: of(({ cpu }) => cpu),
          least: Math.min(...cpus),
          most: Math.max(...cpus),
          perFrame: group.streamed ? of(({ cpu }) => cpu / FRAMES) : undefined,
          ratio: of(({ cpu, round }) => cpu / base.get(round).cpu),
          more: of(({ cpu, round }) => cpu - base.get(round).cpu),
          p50: of(({ p50 }) => p50),
          p99: of(({ p99 }) => p99),
          first: of(({ first }) => first),
          perSecond: of(({ perSecond }) => perSecond),
          rss: of(({ rss }) => rss),
          requests: rounds.reduce((sum, { requests }) => sum + requests, 0),
        };
      }),
    };
  });
}

/** One group's table. */
export function tellGroup(group, cells) {
  const streamHeadings = group.streamed ? ["us/frame", "frame over"] : [];
  const headings = [
    "",
    "CPU us",
    "spread",
    ...streamHeadings,
    "x bare",
    "over bare",
    "p50 ms",
    "p99 ms",
    ...(group.streamed ? ["first ms"] : []),
    "req/s",
    "RSS MB",
  ];
  const rows = cells.flatMap(({ name, contenders }) => [
    [name, ...headings.slice(1).map(() => "")],
    ...contenders.map((each) => [
      `  ${each.contender}`,
      number(each.cpu),
      `${number(each.least)}-${number(each.most)}`,
      ...(group.streamed ? [number(each.perFrame), signed(each.contender, each.more / FRAMES)] : []),
      each.contender === BASE ? "" : each.ratio.toFixed(2),
      signed(each.contender, each.more),
      number(each.p50),
      number(each.p99),
      ...(group.streamed ? [number(each.first)] : []),
      String(Math.round(each.perSecond)),
      String(Math.round(each.rss / 1e6)),
    ]),
  ]);
  return `${group.name}: ${group.title}\n${table(headings, rows)}`;
}

/** Where Parlance stands against its budget; nothing where none of its cells was measured. */
export function tellBudget(cells) {
  const rows = cells.flatMap(({ name, contenders }) => {
    const parlance = contenders.find(({ contender }) => contender === "parlance");
    if (BUDGET[name] === undefined || parlance === undefined) return [];
    const more = parlance.perFrame === undefined ? parlance.more : parlance.more / FRAMES;
    const per = parlance.perFrame === undefined ? "a request" : "a frame";
    return [[name, per, signed("parlance", more), number(BUDGET[name])]];
  });
  return rows.length === 0 ? undefined : table(["Parlance over bare, us", "", "now", "budget"], rows);
}

function signed(contender, value) {
  if (contender === BASE) return "";
  return `${value < 0 ? "-" : "+"}${number(Math.abs(value))}`;
}
