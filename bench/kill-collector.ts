// node bench/kill-collector.ts — the collector killed with SIGKILL again and again under load, each time at a random moment, and every
// sample counted in the end: what was acknowledged must be there once. Exits with 1 when it is not. Ends everything it starts.
import { cpus, release } from "node:os";
import { parseArgs } from "node:util";
import { killUnderLoad } from "../test/integration/fixtures/kill-run.ts";
import { temporaryFolder } from "../test/integration/fixtures/nephoscope.ts";
import { seeded, spread } from "./collector-figures.ts";

const { values } = parseArgs({
  options: { kills: { type: "string", default: "50" }, seed: { type: "string", default: "1" } },
});
const folder = temporaryFolder();
try {
  console.log(`${cpus().length} x ${cpus()[0]?.model.trim()}, Linux ${release()}, Node ${process.version}`);
  const report = await killUnderLoad(folder.path, Number(values.kills), seeded(Number(values.seed)));
  const sum = (numberOf: (one: (typeof report.samples)[number]) => number): number =>
    report.samples.reduce((total, one) => total + numberOf(one), 0);
  const table = {
    seed: values.seed,
    "kills while starting": report.kills.starting,
    "kills while working": report.kills.working,
    "kills right after a 204": report.kills.acknowledged,
    senders: report.samples.length,
    "bodies sent again": report.resent,
    "samples acknowledged": sum(({ acknowledged }) => acknowledged),
    "samples in doubt": sum(({ inDoubt }) => inDoubt),
    "samples found": sum(({ found }) => found),
    "acknowledged and missing": sum(({ missing }) => missing.length),
    "never sent and found": sum(({ strange }) => strange.length),
    "with another value": sum(({ wrong }) => wrong.length),
    "rows in the file": report.rows.rows,
    "rows doubled": report.rows.doubled,
    "ms from start to ready": spread(report.startsMs),
  };
  for (const [name, value] of Object.entries(table)) console.log(`${name.padEnd(26)} ${value}`);
  const bad = ["acknowledged and missing", "never sent and found", "with another value", "rows doubled"] as const;
  const isBad = bad.some((name) => table[name] !== 0) || table["rows in the file"] !== table["samples found"];
  process.exitCode = isBad ? 1 : 0;
} finally {
  folder.remove();
}
