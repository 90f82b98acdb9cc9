// npm run bench:topology — everything that is promised of the topology, one bench after another, each in a process of its own.
// --quick takes a tenth of the sizes, to see that all of it runs.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { cpus, loadavg, release, totalmem } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";

const { values } = parseArgs({ options: { quick: { type: "boolean", default: false } } });
const scaled = (count: number): string => String(values.quick ? Math.ceil(count / 10) : count);
const HOSTS = ["--hosts", scaled(10_000)];

const BENCHES: readonly (readonly [what: string, file: string, flags: readonly string[]])[] = [
  ["history: writing and asking", "topology-store.ts", ["--changes", scaled(10_000_000), ...HOSTS]],
  [
    "history: the peer, a document for each revision",
    "topology-documents.ts",
    ["--changes", scaled(10_000_000), ...HOSTS],
  ],
  ["history: the same changes in larger clouds", "topology-store.ts", ["--curve", "--changes", scaled(1_000_000)]],
  ["live graph: memory", "topology-graph.ts", HOSTS],
  ["recorder: full states, a stream, a storm", "recorder.ts", HOSTS],
  ["difference: folding", "topology-diff.ts", []],
  ["invariants", "topology-invariants.ts", []],
  ["invariants: faults of a simulated cloud", "topology-faults.ts", []],
  ["search, path, Gremlin", "topology-query.ts", HOSTS],
  [
    "a real collector with a whole simulated cloud",
    "topology-cloud.ts",
    ["--hosts", scaled(10_210), "--seconds", scaled(300)],
  ],
];

console.log(
  `${cpus().length} x ${cpus()[0]?.model.trim()}, ${(totalmem() / 2 ** 30).toFixed(0)} GiB, Linux ${release()}, Node ${process.version}, load ${loadavg()[0]?.toFixed(1)}`,
);
let failed = 0;
for (const [what, file, flags] of BENCHES) {
  console.log(`\n== ${what} (bench/${file} ${flags.join(" ")})`);
  const bench = spawn(process.execPath, ["--expose-gc", join(import.meta.dirname, file), ...flags], {
    stdio: "inherit",
  });
  const [code] = await once(bench, "exit");
  if (code !== 0) failed++;
}
console.log(failed === 0 ? "\nall benches ran" : `\n${failed} of ${BENCHES.length} benches failed`);
process.exitCode = failed === 0 ? 0 : 1;
