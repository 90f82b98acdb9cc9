// npm run bench:metrics — what is promised of the metrics, one bench after another, each in a process of its own; the peers come from
// Debian's packages `influxdb` and `victoria-metrics`. --quick takes a tenth of the sizes, to see that all of it runs.
import { parseArgs } from "node:util";
import { runBenches } from "./run-benches.ts";

const { values } = parseArgs({ options: { quick: { type: "boolean", default: false } } });
const scaled = (count: number): string => String(values.quick ? Math.ceil(count / 10) : count);

await runBenches([
  { what: "reading line protocol", file: "line-protocol.ts", flags: ["--hosts", scaled(1_000)] },
  {
    what: "taking the metrics of a cloud, beside the peers",
    file: "metrics-ingest.ts",
    flags: ["--hosts", scaled(10_000)],
  },
]);
