// npm run bench:openstack — forty fake clouds with 5,000 compute nodes and 30,000 machines, in a process of their own, asked by
// the collector's code in this one: first reading, steady state, changes seen, four clouds broken at once, a full round; then one large
// cloud. Over TLS, with a store under the recorders unless `--store none`. Eleven minutes. Ends everything it starts; with 1 when a bound of
// what is promised is not met (own work of the loop is printed, not judged).
import { cpus, loadavg, release, totalmem } from "node:os";
import { setTimeout as wait } from "node:timers/promises";
import { parseArgs } from "node:util";
import { cloudStatus } from "../collector/openstack/cloud-status.ts";
import { systemClock } from "../core/clock.ts";
import { Lifetime } from "../core/lifetime.ts";
import { row, seconds } from "./collector-figures.ts";
import { JudgedRows } from "./judged-rows.ts";
import { watchLoop } from "./loop-watch.ts";
import type { Breakage } from "./openstack-fake.ts";
import { areSeenWithin, type SeenChanges, seeChanges, seenText } from "./seen-changes.ts";
import { type SyncedFakes, syncFakes } from "./synced-fakes.ts";

const { values } = parseArgs({
  options: {
    clusters: { type: "string", default: "40" },
    // 98 of 100 are compute nodes.
    hosts: { type: "string", default: "5120" },
    "vms-per-host": { type: "string", default: "6" },
    /** Of the one large cloud. */
    "large-hosts": { type: "string", default: "1024" },
    "large-vms-per-host": { type: "string", default: "10" },
    seed: { type: "string", default: "1" },
    /** Of each phase in which changes are looked for. */
    seconds: { type: "string", default: "150" },
    store: { type: "string", default: "duckdb" },
    only: { type: "string", default: "forty,large" },
  },
});
const [CLUSTERS, SEED, SECONDS] = [Number(values.clusters), Number(values.seed), Number(values.seconds)];
const STORE: "none" | "duckdb" = values.store === "none" ? "none" : "duckdb";
/** With two cores others share, a first reading and the waits for what is broken take this long. */
const SPARE_S = 120;
const LARGE_FULL_MS = 60_000;
const OWN_WORK = "own work <= 50 ms";
const [FIRST_READING_S, SHARE_PERCENT, SEEN_MS] = [300, 10, 30_000];
const judged = new JudgedRows();
const BROKEN: readonly Breakage[] = ["hangs", "answers 500", "wrong certificate", "refuses tokens"];

const loop = watchLoop();
let peakBytes = 0;
const memoryWatch = setInterval(() => {
  peakBytes = Math.max(peakBytes, process.memoryUsage.rss());
}, 100);

console.log(
  `machine ${cpus().length} x ${cpus()[0]?.model.trim()}, ${(totalmem() / 2 ** 30).toFixed(0)} GiB, Linux ${release()}, Node ${process.version}, load ${loadavg()[0]?.toFixed(1)}`,
);
try {
  if (values.only.includes("forty")) await inLifetime(forty);
  if (values.only.includes("large")) await inLifetime(large);
  console.log(
    "not measured: notifications, latency of real APIs and what the questions cost real services, agents and metrics in the same process, PostgreSQL under the recorders",
  );
} finally {
  clearInterval(memoryWatch);
  loop.stop();
}
judged.end();

async function inLifetime(run: (lifetime: Lifetime) => Promise<void>): Promise<void> {
  const lifetime = new Lifetime();
  try {
    await run(lifetime);
  } finally {
    await lifetime.end();
  }
}

async function forty(lifetime: Lifetime): Promise<void> {
  const size = { clusters: CLUSTERS, hosts: Number(values.hosts), vmsPerHost: Number(values["vms-per-host"]) };
  const fullEveryMs = (2 * SECONDS + SPARE_S) * 1_000;
  const synced = await begun({ seed: SEED, size, store: STORE, fullEveryMs }, lifetime);
  await firstReading(synced);
  const all = [...synced.openstack.clouds.keys()];
  const steadily = await phase(() => seeChanges(synced, all, SECONDS * 1_000), synced);
  judged.row("steady state", `${share(steadily)}; ${steadily.loop}`, {
    aim: `<= ${SHARE_PERCENT} %, ${OWN_WORK}`,
    isMet: percentOf(steadily) <= SHARE_PERCENT,
  });
  changeSeen("a change seen", steadily.result);
  const healthy = all.slice(BROKEN.length);
  await breakSome(synced);
  const broken = await phase(() => seeChanges(synced, healthy, SECONDS * 1_000), synced);
  row(`the ${healthy.length} others then`, `${share(broken)}; ${broken.loop}`, `<= ${share(steadily)}, ${OWN_WORK}`);
  changeSeen("a change seen in them", broken.result);
  await fullRound(synced, healthy);
  row("memory", `resident ${megabytes(process.memoryUsage.rss())}, peak ${megabytes(peakBytes)}`, "");
  row("store", synced.storeText(), "");
}

async function large(lifetime: Lifetime): Promise<void> {
  const [hosts, vmsPerHost] = [Number(values["large-hosts"]), Number(values["large-vms-per-host"])];
  const options = { seed: SEED, size: { clusters: 1, hosts, vmsPerHost }, store: STORE, fullEveryMs: LARGE_FULL_MS };
  const synced = await begun(options, lifetime);
  await firstReading(synced);
  await fullRound(synced, [0]);
  // Two rounds of figures, and whatever full rounds fall into them.
  const then = await phase(() => wait(LARGE_FULL_MS), synced);
  row(
    "a minute with a full round",
    `${share(then)}, ${synced.bodies()} bodies of figures so far; ${then.loop}`,
    OWN_WORK,
  );
  row("store", synced.storeText(), "");
}

async function begun(options: Parameters<typeof syncFakes>[0], lifetime: Lifetime): Promise<SyncedFakes> {
  peakBytes = process.memoryUsage.rss();
  const baseBytes = peakBytes;
  const synced = await syncFakes(options, lifetime);
  const { hosts, computes, vms, clouds } = synced.size;
  console.log(
    `\nclouds  ${clouds.length}, ${hosts} hosts (${computes} compute nodes), ${vms} machines, seed ${SEED}, store ${STORE}; ${megabytes(baseBytes)} before; both processes share the cores`,
  );
  return synced;
}

async function firstReading(synced: SyncedFakes): Promise<void> {
  const {
    cpuS,
    loop: held,
    seconds: took,
  } = await phase(async () => {
    // A whole reading of Placement goes on over several looks where there are many hosts.
    const isPlaced = (inventory: { readonly isWhole: boolean; readonly isRefused: boolean }) =>
      inventory.isWhole || inventory.isRefused;
    const isRead = () =>
      synced.openstack.clouds.every(
        ({ regions }) => regions.length > 0 && regions.every(({ inventory }) => isPlaced(inventory.placement)),
      ) && synced.healths().every(({ fullAt, state }) => fullAt !== undefined || state === "absent");
    while (!isRead()) await wait(50);
  });
  const text = `${took.toFixed(1)} s, ${cpuS.toFixed(1)} CPU s, ${synced.elements()} elements; ${held}; resident ${megabytes(process.memoryUsage.rss())}`;
  judged.row("first reading of all", text, {
    aim: `<= ${FIRST_READING_S} s, ${OWN_WORK}`,
    isMet: took <= FIRST_READING_S,
  });
}

function changeSeen(name: string, seen: SeenChanges): void {
  judged.row(name, seenText(seen), { aim: `<= ${SEEN_MS / 1_000} s`, isMet: areSeenWithin(seen, SEEN_MS) });
}

/** Breaks the first clouds, each in its way, and waits until each is shown. */
async function breakSome(synced: SyncedFakes): Promise<void> {
  const began = performance.now();
  for (const [cluster, how] of BROKEN.entries()) synced.tell({ kind: "break", cluster, how });
  const waiting = new Set(BROKEN.keys());
  while (waiting.size > 0) {
    await wait(100);
    for (const cluster of waiting) {
      const cloud = synced.openstack.clouds[cluster];
      if (cloud === undefined || cloudStatus(cloud, systemClock.now()).state !== "down") continue;
      waiting.delete(cluster);
      const { name, state, detail, hint } = cloudStatus(cloud, systemClock.now());
      const kinds = cloud.regions.flatMap(({ services }) =>
        services.flatMap(({ loop: it }) => it.health.problem?.kind ?? []),
      );
      const told = `after ${seconds(began)} s: ${name} ${state} (${[...new Set(kinds)].join(", ")}): ${detail}; hint: ${hint}`;
      row(`one ${BROKEN[cluster]}`, told, "shown");
    }
  }
}

/** Until all services of these clouds were read anew, however long ago that was begun. */
async function fullRound(synced: SyncedFakes, clusters: readonly number[]): Promise<void> {
  const fullTimes = () =>
    clusters.flatMap((cluster) =>
      (synced.openstack.clouds[cluster]?.regions ?? []).flatMap(({ services }) =>
        services.flatMap(({ loop: { health } }) => (health.state === "absent" ? [] : [health.fullAt ?? 0])),
      ),
    );
  const before = fullTimes();
  const {
    cpuS,
    loop: held,
    seconds: took,
  } = await phase(async () => {
    while (fullTimes().some((at, place) => at === before[place])) await wait(50);
  });
  row(
    "a full round",
    `${cpuS.toFixed(1)} CPU s within ${took.toFixed(0)} s, of ${clusters.length} clouds; ${held}`,
    OWN_WORK,
  );
}

interface Phase<T> {
  readonly result: T;
  /** Whole readings of services that fell into it. */
  readonly readings: number;
  readonly seconds: number;
  readonly cpuS: number;
  readonly loop: string;
}

async function phase<T>(run: () => Promise<T>, synced?: SyncedFakes): Promise<Phase<T>> {
  const [began, cpu] = [performance.now(), process.cpuUsage()];
  const before = synced?.healths().map(({ fullAt }) => fullAt) ?? [];
  loop.reset();
  const result = await run();
  const { user, system } = process.cpuUsage(cpu);
  return {
    result,
    readings: synced?.healths().filter(({ fullAt }, place) => fullAt !== before[place]).length ?? 0,
    seconds: (performance.now() - began) / 1_000,
    cpuS: (user + system) / 1e6,
    loop: loop.text(),
  };
}

function share(of: Pick<Phase<unknown>, "cpuS" | "seconds" | "readings">): string {
  const whole = of.readings === 0 ? "" : ` (with ${of.readings} whole readings of services)`;
  return `${percentOf(of).toFixed(1)} % of a core over ${of.seconds.toFixed(0)} s${whole}`;
}

/** Of a core. */
function percentOf({ cpuS, seconds: took }: Pick<Phase<unknown>, "cpuS" | "seconds">): number {
  return (cpuS / took) * 100;
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(0)} MB`;
}
