// npm run bench:capacity — what the page Capacity asks, through the HTTP API of a collector in a process of its own: 40 clusters with
// 10,000 hosts and 90 days, as the head keeps them (a week of samples, a month of minutes, hours beyond). Ends everything it starts.
import { mkdirSync } from "node:fs";
import { cpus, loadavg, release, totalmem } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { isRecord } from "../core/json.ts";
import { temporaryFolder } from "../test/integration/fixtures/nephoscope.ts";
import { clusterOfHost, fillCapacityHistory } from "./capacity-history.ts";
import { cpuSecondsOf, figuresOf, memoryOf, row, seconds, spread } from "./collector-figures.ts";
import { hostName } from "./metric-load.ts";
import { startOurs } from "./metric-servers.ts";

const { values } = parseArgs({
  options: {
    hosts: { type: "string", default: "10000" },
    clusters: { type: "string", default: "40" },
    days: { type: "string", default: "90" },
    "sparse-hours": { type: "string", default: "6" },
    "dense-clusters": { type: "string", default: "5" },
    "dense-hosts": { type: "string", default: "25" },
    runs: { type: "string", default: "20" },
    seed: { type: "string", default: "1" },
    /** Only questions whose name has this in it. */
    only: { type: "string", default: "" },
  },
});
const END = Math.floor(Date.now() / 60_000) * 60_000;
const OPTIONS = {
  ...{ seed: Number(values.seed), clusters: Number(values.clusters), hosts: Number(values.hosts), end: END },
  ...{ days: Number(values.days), sparseHours: Number(values["sparse-hours"]) },
  ...{ denseClusters: Number(values["dense-clusters"]), denseHosts: Number(values["dense-hosts"]) },
};
const RUNS = Number(values.runs);
const DAY_MS = 86_400_000;
const AIM = "p99 <= 1 s, loop <= 100 ms";

const host = hostName(0);
const cluster = clusterOfHost(0, OPTIONS);
const QUESTIONS: readonly (readonly [name: string, path: string, parameters: Record<string, string | number>])[] = [
  ["all clusters", "", {}],
  ["without forecasts", "", { forecast: "false" }],
  ["hosts of one cluster", "", { scope: "host", cluster }],
  ["all hosts", "", { scope: "host" }],
  ["all hosts, 500 rows", "", { scope: "host", limit: 500 }],
  ["history of four weeks", "/history", { cluster, scope: "cluster" }],
  ["history of all days", "/history", { cluster, scope: "cluster", from: END - OPTIONS.days * DAY_MS }],
  ["history of a host", "/history", { cluster, scope: "host", host, from: END - OPTIONS.days * DAY_MS }],
  ["subnets", "/subnets", {}],
  ["peaks of all", "/peaks", { at: END }],
  ["peaks of one cluster", "/peaks", { cluster, at: END }],
  ["peaks of a host, 8 weeks", "/peaks", { cluster, host, at: END, weeks: 8 }],
];

console.log(
  `machine ${cpus().length} x ${cpus()[0]?.model.trim()}, ${(totalmem() / 2 ** 30).toFixed(0)} GiB, Linux ${release()}, Node ${process.version}, load ${loadavg()[0]?.toFixed(1)}`,
);
const folder = temporaryFolder();
try {
  const data = join(folder.path, "data");
  mkdirSync(join(data, "metrics"), { recursive: true });
  const [began, cpu] = [performance.now(), process.cpuUsage()];
  const samples = await fillCapacityHistory(join(data, "metrics", "metrics.duckdb"), OPTIONS);
  const { user, system } = process.cpuUsage(cpu);
  console.log(
    `seed ${OPTIONS.seed}, ${OPTIONS.clusters} clusters, ${OPTIONS.hosts} hosts, ${OPTIONS.days} days: ${(samples / 1e6).toFixed(1)} M samples written in ${seconds(began)} s (${((user + system) / 1e6).toFixed(0)} CPU s)`,
  );
  await ask(data);
  console.log(
    `not measured: what is asked while agents write; samples each minute of more than ${OPTIONS.denseClusters} clusters and ${OPTIONS.denseHosts} hosts, the fullest and busiest (others have one each hour or ${OPTIONS.sparseHours} hours); long stores; a browser`,
  );
} finally {
  folder.remove();
}

async function ask(data: string): Promise<void> {
  const began = performance.now();
  // Rules that find nothing warn, and are none of what is measured.
  const server = await startOurs(data, { onLog: () => {} });
  try {
    row("start", `${seconds(began)} s, ${memoryOf(server)}`, "");
    const figures = figuresOf(server.url);
    for (const [name, path, parameters] of QUESTIONS) {
      if (!name.includes(values.only)) continue;
      const asked = new URLSearchParams(Object.entries(parameters).map(([key, value]) => [key, String(value)]));
      const took: number[] = [];
      await figures.loop();
      const before = cpuSecondsOf(server);
      let [text, failed] = ["", ""];
      for (let run = 0; run < RUNS; run++) {
        const started = performance.now();
        const reply = await fetch(`${server.url}/api/v1/capacity${path}?${asked}`);
        text = await reply.text();
        // What is refused or takes too long is a figure, too.
        if (!reply.ok) failed = `; FAILED: ${reply.status} ${text.slice(0, 200)}`;
        took.push(performance.now() - started);
      }
      const cpuMs = ((cpuSecondsOf(server) - before) * 1_000) / RUNS;
      const [first = 0, ...others] = took;
      row(
        name,
        `first ${first.toFixed(0)}, ${spread(others)} ms; ${cpuMs.toFixed(0)} ms CPU; ${(text.length / 1_000).toFixed(0)} kB, ${shownIn(text)}; ${await figures.loop()}${failed}`,
        AIM,
      );
    }
    row("memory", memoryOf(server), "");
  } finally {
    await server.stop();
  }
}

/** Rows, histories, subnets or hosts in an answer, of how many, and with how many forecasts of which kind. */
function shownIn(text: string): string {
  const answer: unknown = JSON.parse(text);
  if (!isRecord(answer)) return "nothing";
  const [, list] =
    Object.entries(answer).find(([key]) => ["rows", "histories", "subnets", "hosts"].includes(key)) ?? [];
  const kinds = Map.groupBy(text.matchAll(/"forecast":\{"kind":"(\w+)"/g), ([, kind]) => kind);
  const forecasts = [...kinds].map(([kind, all]) => `, ${all.length} ${kind}`).join("");
  return `${Array.isArray(list) ? list.length : 0} of ${answer.found}${forecasts}`;
}
