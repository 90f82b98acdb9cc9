// npm run bench:agent — what the agent takes on a compute node, beside node_exporter, collectd and netdata on the same host in the same
// run. Needs root; the host is made in namespaces of its own and ends with the bench. About twenty-five minutes; --quick takes ten,
// with the same host and shorter rounds. --only agent leaves the others out.
import { parseArgs } from "node:util";
import { AGENT_LINES } from "./agent-lines.ts";
import { runBenches } from "./run-benches.ts";

const { values } = parseArgs({
  options: { quick: { type: "boolean", default: false }, only: { type: "string", default: "all" } },
});

await runBenches([
  {
    what: "the agent on a compute node, beside others",
    file: "agent-footprint.ts",
    flags: [
      ...["--rounds", values.quick ? "1" : "5", "--round", "60", "--warm-up", values.quick ? "30" : "60"],
      ...["--peer-rounds", values.quick ? "1" : "2", "--only", values.only],
    ],
    promised: AGENT_LINES,
  },
]);
