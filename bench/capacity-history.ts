import { LineReader } from "../collector/line-protocol/parse.ts";
import { SeriesKeys } from "../collector/line-protocol/series-keys.ts";
import { type Clock, epochMsOf } from "../core/clock.ts";
import { Lifetime } from "../core/lifetime.ts";
import { silentLog } from "../core/log.ts";
import { type EmbeddedMetrics, openEmbeddedMetrics } from "../store/embedded/metrics/head.ts";
import { EMBEDDED_METRICS_LIMITS } from "../store/embedded/metrics/limits.ts";
import { hostName } from "./metric-load.ts";
import { mixed } from "./random-updates.ts";

export interface CapacityHistoryOptions {
  readonly seed: number;
  readonly clusters: number;
  readonly hosts: number;
  readonly days: number;
  /** Between two samples of hosts that no question is about in detail. */
  readonly sparseHours: number;
  /** Clusters, the first ones, whose things have a sample each minute of the last four weeks, as all have in truth. */
  readonly denseClusters: number;
  /** Hosts, the first ones, of which the same is true, and that are the busiest. */
  readonly denseHosts: number;
  /** The last sample of all. */
  readonly end: number;
}

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
const DENSE_MS = 28 * DAY_MS;
/** As agents send. */
const TICK_MS = 10_000;
const RAW_MS = 168 * HOUR_MS;
/** Behind each hour of the last day, from which hosts are ranked by five-minute readings. */
const RANKED_MS = 6 * MINUTE_MS;
const RANKED_TICK_MS = 30_000;
/** Of what is older than minutes are kept, there is a sample each so often. */
const OLD_EVERY_MS = 6 * HOUR_MS;
const ZONES = 3;
const SUBNETS = 25;
const LINES_A_WRITE = 50_000;
const CPUS = 64;

/** Series that are written at one pace: what begins each line, and its values so long before the end. */
interface Pace {
  readonly everyMs: number;
  readonly isDue: (beforeEndMs: number) => boolean;
  readonly heads: readonly string[];
  readonly valuesOf: (place: number, at: number) => string;
}

export function clusterOfHost(host: number, { clusters }: Pick<CapacityHistoryOptions, "clusters">): string {
  return `os-${host % clusters}`;
}

/**
 * Fills a head as the collector has it, with its rollups, by a clock that passes through all of the time. Gives how many samples.
 */
export async function fillCapacityHistory(path: string, options: CapacityHistoryOptions): Promise<number> {
  const lifetime = new Lifetime();
  const { days, end } = options;
  const begin = Math.floor((end - days * DAY_MS) / DAY_MS) * DAY_MS;
  const time = { nowMs: begin };
  const clock: Clock = { now: () => epochMsOf(time.nowMs), monotonicMs: () => performance.now() };
  const limits = {
    ...EMBEDDED_METRICS_LIMITS,
    ...{ retentionHours: RAW_MS / HOUR_MS, rollups: { minuteDays: 30, hourDays: 400 } },
  };
  try {
    const head = await openEmbeddedMetrics(path, limits, { clock, log: silentLog }, lifetime);
    const writer = new LineWriter(head);
    const paces = pacesOf(options);
    for (let from = begin; from <= end; from += DAY_MS) {
      const until = Math.min(from + DAY_MS, end + 1);
      time.nowMs = until;
      for (const pace of paces) {
        for (let at = firstTick(from, end, pace.everyMs); at < until; at += pace.everyMs) {
          if (!pace.isDue(end - at)) continue;
          for (const [place, text] of pace.heads.entries()) {
            writer.add(`${text} ${pace.valuesOf(place, at)} ${at}\n`);
            if (writer.isFull) await writer.write();
          }
        }
      }
      await writer.write();
      await head.seal();
    }
    return writer.samples;
  } finally {
    await lifetime.end();
  }
}

/** Ticks are counted back from the end, so that there is one of each pace at it. */
function firstTick(from: number, end: number, everyMs: number): number {
  return end - Math.floor((end - from) / everyMs) * everyMs;
}

class LineWriter {
  readonly #head: EmbeddedMetrics;
  readonly #keys = SeriesKeys.forSeries(EMBEDDED_METRICS_LIMITS.series);
  #lines: string[] = [];
  samples = 0;

  constructor(head: EmbeddedMetrics) {
    this.#head = head;
  }

  get isFull(): boolean {
    return this.#lines.length >= LINES_A_WRITE;
  }

  add(line: string): void {
    this.#lines.push(line);
  }

  async write(): Promise<void> {
    if (this.#lines.length === 0) return;
    const body = Buffer.from(this.#lines.join(""));
    this.#lines = [];
    const rows = this.#head.gather();
    const reader = new LineReader(body, { precision: "ms", receivedAt: epochMsOf(0), keys: this.#keys });
    while (reader.nextGood()) rows.addLine(reader, "bench");
    this.samples += rows.samples;
    await this.#head.writeGathered(rows, undefined);
  }
}

function pacesOf(options: CapacityHistoryOptions): readonly Pace[] {
  const { seed, clusters, hosts, sparseHours, denseClusters, denseHosts, end } = options;
  const [dense, sparse] = partsOf(placeHeads(clusters), denseClusters * PLACE_HEADS);
  const allHosts = Array.from({ length: hosts }, (_, host) => host);
  const [denseOnes, sparseOnes] = partsOf(
    allHosts.map((host) => hostHeads(host, options)),
    denseHosts,
  );
  const used = (share: number) => (place: number, at: number) => usedOf(mixed(seed, place), share, end - at);
  const isRecent = (ms: number) => ms <= DENSE_MS;
  const busy = allHosts.slice(0, denseHosts).flatMap((host) => agentHeads(host, options));
  // What hosts are ranked by.
  const others = allHosts.slice(denseHosts).flatMap((host) => agentHeads(host, options).slice(0, RANKED_HEADS));
  return [
    { everyMs: MINUTE_MS, isDue: isRecent, heads: dense, valuesOf: used(0.9) },
    { everyMs: OLD_EVERY_MS, isDue: (ms) => !isRecent(ms), heads: [...dense, ...sparse], valuesOf: used(0.9) },
    { everyMs: HOUR_MS, isDue: isRecent, heads: sparse, valuesOf: used(0.6) },
    { everyMs: MINUTE_MS, isDue: isRecent, heads: denseOnes.flat(), valuesOf: used(0.9) },
    { everyMs: sparseHours * HOUR_MS, isDue: () => true, heads: sparseOnes.flat(), valuesOf: used(0.6) },
    {
      everyMs: HOUR_MS,
      isDue: isRecent,
      heads: subnetHeads(clusters),
      valuesOf: (place, at) => rangeOf(place, end - at),
    },
    {
      everyMs: TICK_MS,
      isDue: (ms) => ms <= RAW_MS,
      heads: busy,
      valuesOf: (place, at) => agentValues(place, at, 0.9),
    },
    {
      everyMs: MINUTE_MS,
      isDue: (ms) => ms > RAW_MS && isRecent(ms),
      heads: busy,
      valuesOf: (place, at) => agentValues(place, at, 0.9),
    },
    {
      ...{ everyMs: RANKED_TICK_MS, isDue: (ms) => ms <= DAY_MS && ms % HOUR_MS <= RANKED_MS },
      ...{ heads: others, valuesOf: (place, at) => agentValues(place % RANKED_HEADS, at, 0.3) },
    },
  ];
}

const RESOURCES = ["vcpus", "memory", "disk", "instances"];
/** Of a cluster: itself and its region with all resources, and its zones. */
const PLACE_HEADS = 2 * RESOURCES.length + ZONES * RESOURCES.length;

function placeHeads(clusters: number): readonly string[] {
  return Array.from({ length: clusters }, (_, cluster) =>
    RESOURCES.flatMap((resource) => {
      const of = `os_capacity,cluster=os-${cluster},resource=${resource}`;
      const zones = Array.from({ length: ZONES }, (__, zone) => `${of},region=RegionOne,scope=zone,zone=az${zone}`);
      return [`${of},scope=cluster`, `${of},region=RegionOne,scope=region`, ...zones];
    }),
  ).flat();
}

function hostHeads(host: number, options: CapacityHistoryOptions): readonly string[] {
  const of = `os_capacity,cluster=${clusterOfHost(host, options)},host=${hostName(host)},region=RegionOne,scope=host,zone=az${host % ZONES}`;
  return RESOURCES.map((resource) => `${of},resource=${resource}`);
}

function subnetHeads(clusters: number): readonly string[] {
  return Array.from({ length: clusters * SUBNETS }, (_, subnet) => {
    const of = `cluster=os-${subnet % clusters},network_id=net-${subnet},region=RegionOne,subnet=subnet-${subnet},subnet_id=sub-${subnet}`;
    const range = (half: number) => `os_subnet_range,${of},range=10.0.${half * 2}.10-10.0.${half * 2 + 1}.250`;
    return [`os_subnet_ip,${of},cidr=10.0.0.0/22`, range(0), range(1)];
  }).flat();
}

const AGENT_HEADS = 4;
const RANKED_HEADS = 2;

function agentHeads(host: number, options: CapacityHistoryOptions): readonly string[] {
  const of = `cluster=${clusterOfHost(host, options)},host=${hostName(host)}`;
  const nic = (name: string) => `net_if,${of},interface=${name},kind=nic,netns=host`;
  return [`cpu,${of},cpu=all`, `system,${of}`, nic("eth0"), nic("eth1")];
}

/** The first things are the fullest, and grow a little. */
function usedOf(random: number, share: number, beforeEndMs: number): string {
  const total = 1_000 + (random % 1_000);
  const used = total * Math.max(0, share + (random % 97) / 1_000 - (beforeEndMs / DAY_MS) * 0.001);
  return `used=${used.toFixed(1)},total=${total},available=${(total - used).toFixed(1)}`;
}

function rangeOf(place: number, beforeEndMs: number): string {
  const used = 300 + (place % 150) - Math.floor(beforeEndMs / DAY_MS);
  return `used=${used}i,total=498i`;
}

/** Counters rise from the beginning of time, a little more slowly or quickly by the hour. */
function agentValues(place: number, at: number, busy: number): string {
  const kind = place % AGENT_HEADS;
  const seconds = at / 1_000;
  if (kind === 0) return `idle_s=${(seconds * CPUS * (1 - busy)).toFixed(2)}`;
  if (kind === 1) return `cpus=${CPUS},load1=${(at / MINUTE_MS) % 7}`;
  return `rx_bytes=${Math.floor(seconds * 1e6)}i,tx_bytes=${Math.floor(seconds * 5e5)}i`;
}

function partsOf<T>(all: readonly T[], first: number): readonly [readonly T[], readonly T[]] {
  return [all.slice(0, first), all.slice(first)];
}
