// What the agent takes of a host; see ./agent.ts. Makes the host in namespaces of its own and runs itself again in there.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { abilitiesOf, type Teller } from "./agent-abilities.ts";
import { makeHost } from "./agent-host.ts";
import { emptyConntrack } from "./agent-host-connections.ts";
import { PEERS } from "./agent-peers.ts";
import { agentRows, agentSeries, COST_HEAD, costRow, median, percent, shareOf } from "./agent-report.ts";
import { runAgent } from "./agent-runs.ts";
import { runInSandbox } from "./host-sandbox.ts";
import type { ProcessCost } from "./process-cost.ts";

const { values } = parseArgs({
  options: {
    processes: { type: "string", default: "1600" },
    ports: { type: "string", default: "200" },
    machines: { type: "string", default: "30" },
    connections: { type: "string", default: "100000" },
    rounds: { type: "string", default: "5" },
    round: { type: "string", default: "60" },
    "warm-up": { type: "string", default: "60" },
    "peer-rounds": { type: "string", default: "2" },
    only: { type: "string", default: "all" },
    inside: { type: "string" },
  },
});
const CONNTRACK_MAX = "/proc/sys/net/netfilter/nf_conntrack_max";

if (values.inside === undefined) process.exitCode = await outside();
else await inside(values.inside);

/** The limit of the table is one for all network namespaces, so it is set here. */
async function outside(): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), "nephoscope-bench-agent-"));
  const limit = Number(readFileSync(CONNTRACK_MAX, "utf8"));
  const isTooLow = limit < Number(values.connections) * 1.5;
  process.once("exit", () => {
    if (isTooLow) writeFileSync(CONNTRACK_MAX, String(limit));
    rmSync(folder, { recursive: true, force: true });
  });
  if (isTooLow) writeFileSync(CONNTRACK_MAX, String(Math.ceil(Number(values.connections) * 1.5)));
  return await runInSandbox(process.execPath, [...process.argv.slice(1), "--inside", folder]);
}

async function inside(folder: string): Promise<void> {
  const [processes, ports, machines, connections] = [
    Number(values.processes),
    Number(values.ports),
    Number(values.machines),
    Number(values.connections),
  ];
  await makeHost(folder, { processes, ports, machines, connections });
  const times = { folder, warmUpMs: Number(values["warm-up"]) * 1e3, roundMs: Number(values.round) * 1e3 };
  const told: Told[] = [];
  load("agent");
  const run = await runAgent({ ...times, rounds: Number(values.rounds) });
  const series = agentSeries(run.allSamples);
  const bytes = median(run.samples.map(({ gzipBytes }) => gzipBytes));
  told.push({ name: "agent", teller: "agent", cost: run.cost, series, bytes });
  load("agent, its event loop watched");
  const rounds = Number(values["peer-rounds"]);
  const watched = await runAgent({ ...times, rounds, isLoopWatched: true });
  console.log(`\n${agentRows(run, watched).join("\n")}\n`);
  if (values.only !== "agent") {
    for (const { name, how, run } of PEERS) {
      load(`${name}: ${how}`);
      const { cost, series, bytesOfSample } = await run({ ...times, rounds });
      told.push({ name, teller: tellerOf(name), cost, series, bytes: bytesOfSample });
    }
  }
  await emptyConntrack();
  load("agent, no conntrack entries");
  const without = await runAgent({ ...times, rounds });
  console.log(
    `without entries       ${percent(median(without.cost.rounds.map(shareOf)))} of a core in all: no walk but of an empty table`,
  );
  console.log(`\n${COST_HEAD}`);
  for (const { name, cost, series, bytes } of told) console.log(costRow(name, cost, { series: series.length, bytes }));
  printAbilities(told, run.elements);
  console.log(
    "\nsizes and seed        ids and traffic of seed 7; CPU is user + system of the process and of its children, median of rounds",
  );
  console.log(
    "not measured          guests that compute, a kernel datapath, LLDP and FRR neighbours, the mesh, TLS, a host that has run for months",
  );
  process.exit(0);
}

/** What one of the programs told. */
interface Told {
  readonly name: string;
  readonly teller: Teller;
  readonly cost: ProcessCost;
  readonly series: readonly string[];
  readonly bytes: number | undefined;
}

function tellerOf(name: string): Teller {
  if (name === "node_exporter" || name === "collectd") return name;
  return "netdata";
}

function load(what: string): void {
  console.log(`running      ${what} (load ${loadavg()[0]?.toFixed(1)})`);
}

function printAbilities(told: readonly Told[], elements: number): void {
  const columns = told.map(({ name, teller, series }) => ({ name, has: abilitiesOf(teller, series) }));
  const row = (what: string, cells: readonly string[]) =>
    console.log([what.padEnd(32), ...cells.map((cell) => cell.padStart(14))].join(" | "));
  console.log("");
  row(
    "collects, in series",
    columns.map(({ name }) => name),
  );
  for (const what of columns[0]?.has.keys() ?? []) {
    row(
      what,
      columns.map(({ has }) => ((has.get(what) ?? 0) > 0 ? String(has.get(what)) : "no")),
    );
  }
  row(
    "topology, in elements",
    columns.map(({ name }) => (name === "agent" ? String(elements) : "no")),
  );
}
