// npm run bench:metrics — what is promised of the metrics, one bench after another, each in a process of its own; the peers come from
// Debian's packages `influxdb` and `victoria-metrics`. About two hours; at the end a table of what must be true and what was found.
// --quick takes sizes of some minutes, to see that all of it runs: its figures say nothing.
import { parseArgs } from "node:util";
import * as lines from "./metric-lines.ts";
import { runBenches } from "./run-benches.ts";

const { values } = parseArgs({ options: { quick: { type: "boolean", default: false } } });
const sized = (flag: string, whole: number, quick: number): readonly string[] => [
  flag,
  String(values.quick ? quick : whole),
];

await runBenches([
  {
    what: "reading line protocol",
    file: "line-protocol.ts",
    flags: [...sized("--hosts", 1_000, 100), ...sized("--rounds", 40, 10)],
    promised: lines.PARSER_LINES,
  },
  {
    what: "taking the metrics of a cloud, beside the peers",
    file: "metrics-ingest.ts",
    flags: [...sized("--hosts", 10_000, 100), ...sized("--ticks", 10, 4)],
    promised: lines.INGEST_LINES,
  },
  {
    what: "asking, beside victoria-metrics",
    file: "metrics-queries.ts",
    flags: [
      ...[...sized("--hosts", 1_000, 100), ...sized("--ticks", 1_080, 60)],
      ...[...sized("--runs", 200, 3), ...sized("--settle", 75, 5)],
    ],
    promised: lines.QUERY_LINES,
  },
  {
    what: "ten thousand hosts for half an hour, an hour sealed",
    file: "metrics-soak.ts",
    flags: [...sized("--hosts", 10_000, 200), ...sized("--minutes", 30, 1.2)],
    promised: values.quick ? lines.SOAK_LINES.filter(({ line }) => !line.includes("seal")) : lines.SOAK_LINES,
  },
  {
    what: "a thousand hosts",
    file: "metrics-soak.ts",
    flags: [...sized("--hosts", 1_000, 50), ...sized("--minutes", 22, 0.5)],
    promised: lines.SMALL_SOAK_LINES,
  },
  {
    what: "the long store away for ten minutes",
    file: "store-outage.ts",
    flags: [...sized("--hosts", 2_000, 100), ...sized("--before", 70, 20), ...sized("--outage", 600, 15)],
    promised: lines.OUTAGE_LINES,
  },
  {
    what: "the collector killed again and again",
    file: "kill-collector.ts",
    flags: sized("--kills", 50, 5),
    promised: lines.KILL_LINES,
  },
  {
    what: "a round of alert rules",
    file: "rule-load.ts",
    flags: [...sized("--hosts", 10_000, 500), ...sized("--rounds", 10, 3)],
    promised: lines.RULE_LINES,
  },
  {
    what: "a round of alert rules over the head",
    file: "rule-load-head.ts",
    flags: [...sized("--hosts", 10_000, 500), ...sized("--rounds", 6, 3)],
    promised: lines.HEAD_RULE_LINES,
  },
]);
