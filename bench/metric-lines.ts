import { matched, type PromisedLine, rowOf } from "./closing-table.ts";

// What must be true of the metrics, and where each bench prints it.

export const PARSER_LINES: readonly PromisedLine[] = [
  {
    line: "reading lines of ten fields",
    bound: ">= 4 M lines/s a core",
    found: matched(/^a body a host.*?([\d.]+ M lines a CPU second)/m),
  },
];

export const INGEST_LINES: readonly PromisedLine[] = [
  {
    line: "CPU s a million samples, beside victoria-metrics",
    bound: "<= 1 / 1.5",
    found: (printed) => ratio(cpuOf("nephoscope", printed), cpuOf("victoria-metrics", printed)),
  },
  {
    line: "CPU s a million samples, beside influxd 1.6",
    bound: "<= 1 / 5",
    found: (printed) => ratio(cpuOf("nephoscope", printed), cpuOf("influxd 1.6", printed)),
  },
  {
    line: "disk, hot, with the spool and all else",
    bound: "<= 3 B a sample",
    found: matched(/^nephoscope .*disk ([\d.]+ B a sample)/m),
  },
];

export const QUERY_LINES: readonly PromisedLine[] = (
  [
    ["one host, mean by minute", "<= 2 x"],
    ["ten busiest interfaces", "<= 1 x"],
    ["each network node's share", "<= 1 x"],
    ["mean of the cloud by minute", "<= 1 x"],
  ] as const
).map(([query, bound]) => ({
  line: `${query}, 1 h, median ms beside victoria-metrics`,
  bound,
  found: (printed) => ratio(medianOf("nephoscope", query, printed), medianOf("victoria-metrics", query, printed)),
}));

export const SOAK_LINES: readonly PromisedLine[] = [
  { line: "held, after the first minute", bound: "510 thousand samples/s", found: rowOf("after it: rate") },
  { line: "server CPU", bound: "<= 60 % of two cores", found: rowOf("after it: server CPU") },
  { line: "a POST", bound: "p99 <= 100 ms", found: rowOf("after it: POST") },
  { line: "longest block of an event loop", bound: "<= 50 ms", found: rowOf("after it: longest block") },
  { line: "resident at 5 M series", bound: "<= 4 GB", found: rowOf("resident") },
  { line: "a query of one host meanwhile", bound: "p99 <= 100 ms", found: matched(/^avg_over_time\S+ +(p50.* ms),/m) },
  { line: "ten busiest interfaces meanwhile", bound: "p99 <= 100 ms", found: matched(/^topk.*?(p50.* ms),/m) },
  { line: "an hour is sealed meanwhile", bound: "one; <= 1.6 B a sample", found: rowOf("seal") },
  { line: "a POST while sealing", bound: "p99 <= 100 ms", found: rowOf("while sealing: POST") },
  { line: "acknowledged rows that are there", bound: "all, once", found: rowOf("rows of acknowledged lines") },
];

export const SMALL_SOAK_LINES: readonly PromisedLine[] = [
  { line: "resident at 0.5 M series", bound: "<= 1 GB", found: rowOf("resident") },
];

export const OUTAGE_LINES: readonly PromisedLine[] = [
  { line: "long store away: counters", bound: "0 missing, 0 double", found: rowOf("net_if_rx_bytes") },
  { line: "long store away: gauges", bound: "0 missing, 0 double", found: rowOf("mem_total_bytes") },
  { line: "long store back: catch-up over live rate", bound: ">= 3", found: rowOf("catch-up over live rate") },
  { line: "long store away: queries", bound: "0 without an answer", found: rowOf("queries meanwhile") },
];

export const KILL_LINES: readonly PromisedLine[] = [
  { line: "killed: acknowledged and missing", bound: "0", found: rowOf("acknowledged and missing") },
  { line: "killed: rows doubled", bound: "0", found: rowOf("rows doubled") },
];

export const RULE_LINES: readonly PromisedLine[] = [
  {
    line: "200 rules over 10,000 hosts, CPU s a round",
    bound: "<= 1",
    found: matched(/median round\D+([\d.]+)/),
  },
];

export const HEAD_RULE_LINES: readonly PromisedLine[] = [
  {
    line: "the same over the real head, CPU s of all threads",
    bound: "<= 1",
    found: (printed) =>
      printed
        .match(/^round: [\d.]+/gm)
        ?.at(-1)
        ?.slice("round: ".length),
  },
];

function cpuOf(server: string, printed: string): number {
  return Number(new RegExp(`^${server} +([\\d.]+) CPU s a million samples`, "m").exec(printed)?.[1]);
}

function medianOf(server: string, query: string, printed: string): number {
  return Number(new RegExp(`^${server} +${query} +range +p50 ([\\d.]+)`, "m").exec(printed)?.[1]);
}

function ratio(ours: number, theirs: number): string | undefined {
  if (Number.isNaN(ours) || Number.isNaN(theirs)) return undefined;
  return `${ours} of ${theirs}: ${(ours / theirs).toFixed(2)} x`;
}
