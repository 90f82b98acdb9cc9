// node bench/store-outage.ts — a long store that is away under load, then back: what is missing or double afterwards, how fast it catches
// up, and what queries take meanwhile. Ten minutes: --hosts 2000 --outage 600. Ends everything it starts.
import { cpus, release } from "node:os";
import { setTimeout as wait } from "node:timers/promises";
import { parseArgs } from "node:util";
import { epochMsOf } from "../core/clock.ts";
import { METRIC_NAME } from "../core/series.ts";
import { startNephoscope, temporaryFolder } from "../test/integration/fixtures/nephoscope.ts";
import { cpuSecondsOf, figuresOf, memoryOf, row, spread } from "./collector-figures.ts";
import { SAMPLES_PER_BODY } from "./metric-load.ts";
import { startLongStore } from "./outage-stores.ts";
import { type PacedLoad, startPacedLoad } from "./paced-load.ts";

const { values } = parseArgs({
  options: {
    /** victoria-metrics or influxdb */
    store: { type: "string", default: "victoria-metrics" },
    /** Each sends once in ten seconds. */
    hosts: { type: "string", default: "500" },
    /** Seconds of load before: more than the minute the queries look back, so that they lie in the head. */
    before: { type: "string", default: "70" },
    /** Seconds the store is away. */
    outage: { type: "string", default: "60" },
    /** stop: held, then let go on; kill: ended as by a crash, then started again. */
    how: { type: "string", default: "kill" },
  },
});
const [HOSTS, BEFORE_S, OUTAGE_S] = [Number(values.hosts), Number(values.before), Number(values.outage)];
const CATCH_UP_LIMIT_MS = 3_600_000;
/** A counter and a gauge of every host, looked at one by one: each line of a body has one or the other. */
const COUNTED = { net_if_rx_bytes: 24, mem_total_bytes: 1 } as const;
const QUERIES = [
  'mem_total_bytes{host="compute-00001"}',
  'avg_over_time(system_load1{host="compute-00001"}[1m])',
  "topk(10, rate(net_if_rx_bytes[1m]))",
];

const folder = temporaryFolder();
const store = await startLongStore(values.store);
const settings = [
  "agent.enabled=false",
  "log.level=error",
  "metrics.max_series=5000000",
  "metrics.spool_megabytes=8000",
];
const collector = await startNephoscope({ data: folder.path, settings: [...settings, ...store.settings] });
try {
  console.log(`${cpus().length} x ${cpus()[0]?.model.trim()}, Linux ${release()}, Node ${process.version}`);
  const rate = (HOSTS * SAMPLES_PER_BODY) / 10;
  console.log(
    `${values.store} away for ${OUTAGE_S} s (${values.how}), ${HOSTS} hosts, ${(rate / 1e3).toFixed(1)} thousand samples/s`,
  );
  await measure();
} catch (error) {
  console.error(`the collector printed:\n${collector.output().slice(-4_000)}`);
  throw error;
} finally {
  await collector.stop();
  await store.stop();
  folder.remove();
}

async function measure(): Promise<void> {
  const { metric } = figuresOf(collector.url);
  const backlog = () => metric(store.backlogMetric);
  const load = startPacedLoad(collector.url, HOSTS);
  await wait(BEFORE_S * 1_000);
  const live = await liveRate(load);
  const cpuBefore = cpuSecondsOf(collector);
  await (values.how === "stop" ? store.signal("SIGSTOP") : store.kill());
  const meanwhile = await askFor(OUTAGE_S * 1_000);
  const cpuDuring = (cpuSecondsOf(collector) - cpuBefore) / OUTAGE_S;
  const [waiting, bytesBefore, started] = [await backlog(), load.bytes(), performance.now()];
  await (values.how === "stop" ? store.signal("SIGCONT") : store.start());
  const cpuAtReturn = cpuSecondsOf(collector);
  let rest = waiting;
  let noticed: { readonly at: number; readonly sent: number; readonly waiting: number } | undefined;
  while (rest > live && performance.now() - started < CATCH_UP_LIMIT_MS) {
    await wait(100);
    const before = rest;
    rest = await backlog();
    if (rest < before) noticed ??= { at: performance.now(), sent: load.bytes(), waiting: before };
  }
  const tookS = (performance.now() - started) / 1_000;
  const since = noticed ?? { at: started, sent: bytesBefore, waiting };
  const caughtUp = ((since.waiting + load.bytes() - since.sent - rest) * 1_000) / (performance.now() - since.at);
  const cpuCatchingUp = (cpuSecondsOf(collector) - cpuAtReturn) / tookS;
  await load.stop();
  for (let tries = 0; (await backlog()) > 0 && tries < 600; tries++) await wait(100);
  await store.settle();

  row("waited in the spool", `${(waiting / 1e6).toFixed(1)} MB`, "");
  row(
    "after the return",
    `tried again after ${((since.at - started) / 1_000).toFixed(1)} s, behind for ${tookS.toFixed(1)} s`,
    "",
  );
  row("catch-up over live rate", (caughtUp / live).toFixed(1), ">= 3");
  for (const [name, found] of Object.entries(await counted(load))) row(name, found, "0 missing, 0 double");
  for (const [query, took] of meanwhile.took) row(query, `${spread(took)} ms`, "p99 <= 100 ms");
  row("queries meanwhile", `${meanwhile.stale} of ${meanwhile.asked} without a fresh answer`, "0");
  row("writes", `${spread(load.took)} ms, ${load.bodies()} acknowledged`, "p99 <= 100 ms");
  const cores = (used: number) => `${(used * 100).toFixed(0)} %`;
  row("collector's CPU", `${cores(cpuDuring)} of a core while away, ${cores(cpuCatchingUp)} catching up`, "");
  row("collector's memory", memoryOf(collector), "");
}

/** Bytes a second that are acknowledged. */
async function liveRate(load: PacedLoad): Promise<number> {
  const [bytes, started] = [load.bytes(), performance.now()];
  await wait(10_000);
  return ((load.bytes() - bytes) * 1_000) / (performance.now() - started);
}

/** Asks again and again for so long. An answer is fresh when it has a value: the queries look back a minute. */
async function askFor(ms: number) {
  const took = new Map<string, number[]>(QUERIES.map((query) => [query, []]));
  let [asked, stale] = [0, 0];
  for (const until = performance.now() + ms; performance.now() < until; await wait(200)) {
    const query = QUERIES[asked++ % QUERIES.length] ?? "";
    const started = performance.now();
    const parameters = new URLSearchParams({ query, lookback_delta: "1m" });
    const answer = JSON.stringify(await collector.get(`/api/v1/query?${parameters}`));
    took.get(query)?.push(performance.now() - started);
    if (answer.includes('"result":[]')) stale++;
  }
  return { took, asked, stale };
}

/** What the long store has of what was acknowledged, sample by sample. */
async function counted(load: PacedLoad): Promise<{ readonly [metric: string]: string }> {
  const found: Record<string, string> = {};
  const span = { from: epochMsOf(0), to: epochMsOf(Date.now() + 3_600_000) };
  for (const [metric, lines] of Object.entries(COUNTED)) {
    let [missing, double, samples] = [0, 0, 0];
    const matchers = [{ kind: "=", name: METRIC_NAME, value: metric } as const];
    const linesOf = new Map<string, number>();
    for (const { labels, timesMs } of await store.reader.select({ matchers, ...span })) {
      const host = labels.host ?? "";
      const wanted = new Set(load.acknowledged.get(host));
      linesOf.set(host, (linesOf.get(host) ?? 0) + 1);
      samples += timesMs.length;
      double += timesMs.length - new Set(timesMs).size;
      for (const at of timesMs) wanted.delete(at);
      missing += wanted.size;
    }
    for (const [host, times] of load.acknowledged) missing += (lines - (linesOf.get(host) ?? 0)) * times.length;
    found[metric] = `${samples} samples, ${missing} missing, ${double} double`;
  }
  return found;
}
