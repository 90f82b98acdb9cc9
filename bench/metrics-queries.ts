// node bench/metrics-queries.ts — what dashboards ask, through the HTTP API, of us and of victoria-metrics with the same samples:
// 50 million of 1,000 hosts. Ends everything it starts.
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { parseArgs } from "node:util";
import { METRIC_CATALOGUE } from "../core/metric-catalogue.ts";
import { temporaryFolder } from "../test/integration/fixtures/nephoscope.ts";
import { cpuSecondsOf, memoryOf, spread } from "./collector-figures.ts";
import { gzipped, hostName } from "./metric-load.ts";
import { type MetricServer, startOurs, startVictoriaMetrics } from "./metric-servers.ts";
import { mixed } from "./random-updates.ts";

const { values } = parseArgs({
  options: {
    hosts: { type: "string", default: "1000" },
    /** Of ten seconds each. */
    ticks: { type: "string", default: "1080" },
    runs: { type: "string", default: "30" },
    seed: { type: "string", default: "1" },
    /** Seconds between the last sample and the first question. */
    settle: { type: "string", default: "75" },
    /** Only queries whose name has this in it. */
    only: { type: "string", default: "" },
    servers: { type: "string", default: "nephoscope,victoria-metrics" },
  },
});
const [HOSTS, TICKS, RUNS, SEED] = [
  Number(values.hosts),
  Number(values.ticks),
  Number(values.runs),
  Number(values.seed),
];
const TICK_MS = 10_000;
const TAGS = { cpu: ",cpu=total", mem: "", net_if: ",interface=eth0,kind=nic,netns=host", system: "" };
const HOSTS_PER_BODY = 50;
const LINES = (["cpu", "mem", "net_if", "system"] as const).map(
  (measurement) => [measurement, TAGS[measurement], Object.keys(METRIC_CATALOGUE[measurement].fields)] as const,
);
const SAMPLES = HOSTS * TICKS * LINES.reduce((sum, [, , fields]) => sum + fields.length, 0);
const END = Math.floor(Date.now() / 60_000) * 60_000;
const HOUR_S = 3_600;

/** Every twentieth host is a network node. */
const NETWORK = `host=~"${Array.from({ length: Math.ceil(HOSTS / 20) }, (_, node) => hostName(node * 20)).join("|")}"`;
const QUERIES = [
  ["one host, mean by minute", `avg_over_time(mem_available_bytes{host="${hostName(7)}"}[1m])`],
  ["ten busiest interfaces", "topk(10, rate(net_if_rx_bytes[5m]))"],
  [
    "each network node's share",
    `sum by (host) (rate(net_if_rx_bytes{${NETWORK}}[5m])) / scalar(sum(rate(net_if_rx_bytes{${NETWORK}}[5m])))`,
  ],
  ["mean of the cloud by minute", "avg(avg_over_time(system_load1[1m]))"],
] as const;

console.log(
  `seed ${SEED}, ${HOSTS} hosts, ${TICKS} ticks, ${(SAMPLES / 1e6).toFixed(1)} M samples; each query ${RUNS} times, range of 1 h in steps of 1 m, and at one moment`,
);
const answers = new Map<string, string>();
for (const name of values.servers.split(",")) {
  const folder = temporaryFolder();
  const server = await (name === "nephoscope" ? startOurs : startVictoriaMetrics)(join(folder.path, "data"));
  try {
    await fill(server);
    await ask(server);
  } finally {
    await server.stop();
    folder.remove();
  }
}

async function fill({ url }: MetricServer): Promise<void> {
  for (let tick = 0; tick < TICKS; tick++) {
    const bodies: Promise<void>[] = [];
    for (let host = 0; host < HOSTS; host += HOSTS_PER_BODY) bodies.push(post(url, bodyAt(host, tick)));
    await Promise.all(bodies);
  }
  // Written, not only received; and hours that are over are sorted.
  await wait(Number(values.settle) * 1_000);
}

function bodyAt(firstHost: number, tick: number): string {
  let text = "";
  const at = END - (TICKS - 1 - tick) * TICK_MS;
  for (let host = firstHost; host < firstHost + HOSTS_PER_BODY && host < HOSTS; host++) {
    for (const [measurement, tags, names] of LINES) {
      text += `${measurement},host=${hostName(host)}${tags} `;
      for (const [place, name] of names.entries()) {
        const usual = mixed(SEED ^ host, place);
        const now = mixed(usual, tick);
        text += `${place === 0 ? "" : ","}${name}=${measurement === "mem" ? 4096 * ((usual % 4e6) + (now % 1_000)) : (usual % 1e6) + tick * (usual % 10_000) + (now % 1_000)}`;
      }
      text += ` ${at}\n`;
    }
  }
  return text;
}

async function post(url: string, body: string): Promise<void> {
  for (;;) {
    const headers = { "content-encoding": "gzip" };
    const reply = await fetch(`${url}/write?db=bench&precision=ms`, {
      method: "POST",
      headers,
      body: Uint8Array.from(gzipped(body)),
    });
    await reply.arrayBuffer();
    if (reply.status === 204) return;
    if (reply.status !== 429) throw new Error(`the server answered ${reply.status}`);
    await wait(100);
  }
}

async function ask(server: MetricServer): Promise<void> {
  const base = server.name === "nephoscope" ? server.url : `${server.url}/prometheus`;
  for (const [name, query] of QUERIES) {
    if (!name.includes(values.only)) continue;
    const end = END / 1_000;
    const range = `${base}/api/v1/query_range?${new URLSearchParams({ query, start: String(end - HOUR_S), end: String(end), step: "60", nocache: "1" })}`;
    const instant = `${base}/api/v1/query?${new URLSearchParams({ query, time: String(end), nocache: "1" })}`;
    for (const [kind, address] of [
      ["range", range],
      ["moment", instant],
    ] as const) {
      const took: number[] = [];
      const before = cpuSecondsOf(server);
      let text = "";
      for (let run = 0; run < RUNS + 2; run++) {
        const started = performance.now();
        const reply = await fetch(address);
        text = await reply.text();
        if (!reply.ok) throw new Error(`${query}: ${text}`);
        if (run >= 2) took.push(performance.now() - started);
      }
      const cpuMs = ((cpuSecondsOf(server) - before) * 1_000) / (RUNS + 2);
      const known = answers.get(`${name} ${kind}`);
      answers.set(`${name} ${kind}`, text);
      console.log(
        `${server.name.padEnd(18)} ${name.padEnd(30)} ${kind.padEnd(7)} ${spread(took)} ms; ${cpuMs.toFixed(1)} ms CPU; ${(text.length / 1_000).toFixed(1)} kB${known === undefined ? "" : `; ${seriesIn(known)} and ${seriesIn(text)} series`}`,
      );
    }
  }
  console.log(`${server.name.padEnd(18)} ${memoryOf(server)}`);
}

function seriesIn(text: string): number {
  return text.split('"metric"').length - 1;
}
