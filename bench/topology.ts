// npm run bench:topology — everything that is promised of the topology, one bench after another, each in a process of its own.
// --quick takes a tenth of the sizes, to see that all of it runs.
import { parseArgs } from "node:util";
import { runBenches } from "./run-benches.ts";

const { values } = parseArgs({ options: { quick: { type: "boolean", default: false } } });
const scaled = (count: number): string => String(values.quick ? Math.ceil(count / 10) : count);
const HOSTS = ["--hosts", scaled(10_000)];

await runBenches([
  {
    what: "history: writing and asking",
    file: "topology-store.ts",
    flags: ["--changes", scaled(10_000_000), ...HOSTS],
  },
  {
    what: "history: the peer, a document for each revision",
    file: "topology-documents.ts",
    flags: ["--changes", scaled(10_000_000), ...HOSTS],
  },
  {
    what: "history: the same changes in larger clouds",
    file: "topology-store.ts",
    flags: ["--curve", "--changes", scaled(1_000_000)],
  },
  { what: "live graph: memory", file: "topology-graph.ts", flags: HOSTS },
  { what: "recorder: full states, a stream, a storm", file: "recorder.ts", flags: HOSTS },
  { what: "difference: folding", file: "topology-diff.ts", flags: [] },
  { what: "invariants", file: "topology-invariants.ts", flags: [] },
  { what: "invariants: faults of a simulated cloud", file: "topology-faults.ts", flags: [] },
  { what: "search, path, Gremlin", file: "topology-query.ts", flags: HOSTS },
  {
    what: "a real collector with a whole simulated cloud",
    file: "topology-cloud.ts",
    flags: ["--hosts", scaled(10_210), "--seconds", scaled(300)],
  },
]);
