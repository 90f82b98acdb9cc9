// node bench/grafana.ts — what Grafana asks of a collector with ten thousand hosts: each variable, and each panel that is not of one host, as
// its Prometheus data source asks, of all clouds and of one. --clusters 1 is one cloud of all of them. Ends everything it starts.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { parseArgs } from "node:util";
import { ANNOTATIONS, acrossHosts } from "../grafana/annotations.ts";
import { DASHBOARDS } from "../grafana/build.ts";
import type { DashboardSpec } from "../grafana/panel.ts";
import { promqlAnnotation, promqlVariable, toPromql } from "../grafana/promql.ts";
import { leastStepSeconds } from "../grafana/sampling.ts";
import { temporaryFolder } from "../test/integration/fixtures/nephoscope.ts";
import { chosen, filledIn } from "../test/integration/fixtures/panel-queries.ts";
import { cpuSecondsOf, memoryOf } from "./collector-figures.ts";
import { bodyAt, clusterName } from "./grafana-load.ts";
import { gzipped, hostName } from "./metric-load.ts";
import { startOurs } from "./metric-servers.ts";

const { values } = parseArgs({
  options: {
    hosts: { type: "string", default: "10000" },
    clusters: { type: "string", default: "40" },
    vms: { type: "string", default: "10" },
    /** Of samples, which is the time shown. */
    minutes: { type: "string", default: "10" },
    runs: { type: "string", default: "5" },
    /** Between the last sample and the first question. */
    settle: { type: "string", default: "20" },
  },
});
const load = { hosts: Number(values.hosts), clusters: Number(values.clusters), vms: Number(values.vms) };
const [SECONDS, RUNS] = [Number(values.minutes) * 60, Number(values.runs)];
const TICK_MS = 10_000;
const HOSTS_PER_BODY = 100;
const BODIES_AT_ONCE = 4;
const SLOW_MS = 1_000;
const TO = Math.floor(Date.now() / 60_000) * 60_000;
const FROM = TO - SECONDS * 1_000;

/** Of one query: the middle and the worst of its runs, what one costs, and how much it answers. */
interface Figure {
  readonly name: string;
  /** Of the collector's processor; the others say as much of what else the machine does. */
  readonly cpuMs: number;
  readonly medianMs: number;
  readonly worstMs: number;
  readonly bytes: number;
}

const folder = temporaryFolder();
const rules = join(folder.path, "no-rules.yaml");
writeFileSync(rules, "groups: []\n");
const server = await startOurs(join(folder.path, "data"), { settings: [`alerts.rules=${rules}`] });
try {
  console.log(
    `${load.hosts} hosts of ${load.clusters} clouds, ${load.vms} machines each, ${SECONDS} s of samples; ${RUNS} runs`,
  );
  const started = performance.now();
  await fill();
  await wait(Number(values.settle) * 1_000);
  console.log(`filled in ${((performance.now() - started) / 1_000).toFixed(0)} s; ${memoryOf(server)}`);
  const one = clusterName(0);
  for (const [what, cluster] of load.clusters === 1
    ? [["the cloud", one]]
    : [
        ["all clouds", ".*"],
        ["one cloud", one],
      ]) {
    const figures: Figure[] = [];
    for (const spec of DASHBOARDS) figures.push(...(await figuresOf(spec, cluster as string)));
    print(what as string, figures);
  }
} finally {
  await server.stop();
  folder.remove();
}

async function fill(): Promise<void> {
  const bodies: (() => Promise<void>)[] = [];
  for (let at = FROM + TICK_MS; at <= TO; at += TICK_MS) {
    for (let host = 0; host < load.hosts; host += HOSTS_PER_BODY) {
      bodies.push(() => post(bodyAt(load, [host, Math.min(load.hosts, host + HOSTS_PER_BODY)], at)));
    }
  }
  const next = bodies.values();
  await Promise.all(
    Array.from({ length: BODIES_AT_ONCE }, async () => {
      for (const send of next) await send();
    }),
  );
}

async function post(body: string): Promise<void> {
  const init = { method: "POST", headers: { "content-encoding": "gzip" }, body: Uint8Array.from(gzipped(body)) };
  for (;;) {
    // A connection that was not used for a while is closed.
    const reply = await fetch(`${server.url}/api/v2/write?precision=ms`, init).catch(() => undefined);
    const text = await reply?.text();
    if (reply?.status === 204) return;
    if (reply !== undefined && reply.status !== 429 && reply.status !== 503) {
      throw new Error(`the collector answered ${reply.status}: ${text}`);
    }
    await wait(100);
  }
}

async function figuresOf(spec: DashboardSpec, cluster: string): Promise<readonly Figure[]> {
  const { name, variables } = spec;
  const asked = { fromMs: FROM, seconds: SECONDS, stepSeconds: 20, choice: { ...chosen(hostName(0)), cluster } };
  const range = (query: string, stepSeconds: number) =>
    `query_range?${new URLSearchParams({ query: filledIn(query, { ...asked, stepSeconds }), start: String(FROM / 1_000 + stepSeconds), end: String(TO / 1_000), step: String(stepSeconds), nocache: "1" })}`;
  const paths: (readonly [string, string])[] = variables.flatMap((variable, i) => {
    // Grafana makes a request for the values of a label of what stands in the brackets.
    const [, matched = "", label = ""] =
      /^label_values\((.*), (\w+)\)$/.exec(promqlVariable(variable, variables.slice(0, i))) ?? [];
    const form = { "match[]": filledIn(matched, asked), start: String(FROM / 1_000), end: String(TO / 1_000) };
    return [[`${name}: variable ${variable.tag}`, `label/${label}/values?${new URLSearchParams(form)}`]] as const;
  });
  const hasHost = variables.some(({ tag }) => tag === "host");
  for (const annotation of ANNOTATIONS.filter(({ perHost }) => hasHost || !perHost)) {
    const query = promqlAnnotation(
      hasHost ? annotation : acrossHosts(annotation),
      hasHost ? ["cluster", "host"] : ["cluster"],
    );
    paths.push([`${name}: marks ${annotation.name}`, range(query, 60)]);
  }
  for (const panel of spec.rows.flatMap(({ panels }) => panels)) {
    const { title, queries } = panel;
    for (const query of queries.filter(({ per }) => per !== "host" || !hasHost)) {
      const text = toPromql(query, variables);
      const isTop = query.top !== undefined;
      const instant = () =>
        `query?${new URLSearchParams({ query: filledIn(text, asked), time: String(TO / 1_000), nocache: "1" })}`;
      paths.push([`${name}: ${title}: ${query.legend}`, isTop ? instant() : range(text, leastStepSeconds(panel))]);
    }
  }
  const figures: Figure[] = [];
  for (const [what, path] of paths) figures.push(await measured(what, path));
  return figures;
}

async function measured(name: string, path: string): Promise<Figure> {
  const took: number[] = [];
  const before = cpuSecondsOf(server);
  let bytes = 0;
  for (let run = 0; run <= RUNS; run++) {
    const started = performance.now();
    const reply = await fetch(`${server.url}/api/v1/${path}`);
    const body = await reply.arrayBuffer();
    if (!reply.ok) throw new Error(`${name}: ${reply.status} ${Buffer.from(body).toString().slice(0, 300)}`);
    bytes = body.byteLength;
    if (run > 0) took.push(performance.now() - started);
  }
  took.sort((a, b) => a - b);
  const cpuMs = ((cpuSecondsOf(server) - before) * 1_000) / (RUNS + 1);
  return { name, bytes, cpuMs, medianMs: took[took.length >> 1] ?? 0, worstMs: took.at(-1) ?? 0 };
}

function print(what: string, figures: readonly Figure[]): void {
  const line = ({ name, medianMs, worstMs, cpuMs, bytes }: Figure) =>
    `${cpuMs.toFixed(0).padStart(7)} ms ${medianMs.toFixed(0).padStart(7)} ms ${worstMs.toFixed(0).padStart(7)} ms ${(bytes / 1_000).toFixed(1).padStart(9)} kB  ${name}`;
  const slowest = figures.toSorted((a, b) => b.cpuMs - a.cpuMs);
  const ofVariables = slowest.filter(({ name }) => name.includes(": variable "));
  const others = slowest.filter((figure) => !ofVariables.includes(figure));
  console.log(`\n${what}: CPU, median, worst, answer\n variables`);
  for (const figure of ofVariables.slice(0, 8)) console.log(line(figure));
  console.log(` ${others.length} queries of panels and marks, the slowest`);
  for (const figure of others.slice(0, 15)) console.log(line(figure));
  const late = figures.filter(({ cpuMs }) => cpuMs > SLOW_MS).length;
  console.log(
    ` ${late} of ${figures.length} take longer than ${SLOW_MS} ms of CPU; all together ${(figures.reduce((sum, { cpuMs }) => sum + cpuMs, 0) / 1_000).toFixed(1)} s`,
  );
}
