// node bench/openstack-sync.ts — forty fake clouds with 5,000 compute nodes and 30,000 machines, in a process of their own, asked by the
// collector's code in this one: first reading, steady state, changes seen, one cloud hanging. Ends everything it starts.
import { fork } from "node:child_process";
import { once } from "node:events";
import { cpus, release, totalmem } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { parseArgs } from "node:util";
import { CLOUD_LIMITS } from "../collector/openstack/cloud-source.ts";
import { startOpenStack } from "../collector/openstack/start.ts";
import { systemClock } from "../core/clock.ts";
import { elementIdOf } from "../core/element-id.ts";
import { Lifetime } from "../core/lifetime.ts";
import { silentLog } from "../core/log.ts";
import { NewestRevisionLog } from "../test/integration/fixtures/newest-revision-log.ts";
import { openRecorder, type Recorder } from "../topology/recorder.ts";
import { row } from "./collector-figures.ts";
import { watchLoop } from "./loop-watch.ts";
import type { FromFake, ToFake } from "./openstack-fake.ts";

const { values } = parseArgs({
  options: {
    clusters: { type: "string", default: "40" },
    // 98 of 100 are compute nodes.
    hosts: { type: "string", default: "5120" },
    "vms-per-host": { type: "string", default: "6" },
    seed: { type: "string", default: "1" },
    seconds: { type: "string", default: "180" },
  },
});
const [clusters, hosts, vmsPerHost, seed, SECONDS] = [
  values.clusters,
  values.hosts,
  values["vms-per-host"],
  values.seed,
  values.seconds,
].map(Number) as [number, number, number, number, number];

const lifetime = new Lifetime();
const child = fork(join(import.meta.dirname, "openstack-fake.ts"), { stdio: "inherit" });
const tell = (message: ToFake) => child.send(message);
const moved: { readonly uuid: string; readonly cluster: number; readonly at: number }[] = [];
const seenAfterMs: number[] = [];
let peakBytes = 0;
const watch = setInterval(() => {
  peakBytes = Math.max(peakBytes, process.memoryUsage.rss());
}, 100);
const loop = watchLoop();

console.log(
  `machine ${cpus().length} x ${cpus()[0]?.model.trim()}, ${(totalmem() / 2 ** 30).toFixed(0)} GiB, Linux ${release()}, Node ${process.version}`,
);
try {
  tell({ kind: "start", options: { seed, size: { clusters, hosts, vmsPerHost } } });
  const [started] = (await once(child, "message")) as [FromFake];
  if (started.kind !== "started") throw new Error("the clouds did not start");
  console.log(
    `clouds  ${clusters}, ${started.hosts} hosts, ${started.vms} machines, seed ${seed}; both processes share the cores`,
  );
  await run(started);
  console.log("not measured: a store under the recorder, latency of real APIs, what the questions cost real services");
} finally {
  clearInterval(watch);
  loop.stop();
  await lifetime.end();
  child.kill("SIGKILL");
}

async function run({ clouds }: Extract<FromFake, { kind: "started" }>): Promise<void> {
  const recorders = new Map<string, Recorder>();
  const nameOf = (cluster: number) => `os-${cluster}`;
  for (let cluster = 0; cluster < clusters; cluster++) {
    const options = { cluster: nameOf(cluster), store: new NewestRevisionLog(), clock: systemClock, log: silentLog };
    recorders.set(nameOf(cluster), await openRecorder(options, lifetime));
  }
  const sources = clouds.map(({ authUrl, username, password, project }, cluster) => ({
    ...{ cluster: nameOf(cluster), authUrl, regions: [], interface: "public" as const, ca: undefined },
    credentials: {
      ...{ kind: "password" as const, user: username, userDomain: "Default", project, projectDomain: "Default" },
      password: { kind: "text" as const, text: password },
    },
    ...{ fullEveryMs: 600_000, pollEveryMs: 20_000, limits: { ...CLOUD_LIMITS } },
  }));
  let bodies = 0;
  const write = async () => {
    bodies++;
    return { kind: "durable" } as const;
  };
  loop.reset();
  const baseBytes = process.memoryUsage.rss();
  let [from, cpu] = [performance.now(), process.cpuUsage()];
  const openstack = startOpenStack(
    sources,
    { recorders, clock: systemClock, log: silentLog, bodies: { write } },
    lifetime,
  );
  const healths = () =>
    openstack.clouds.flatMap(({ regions }) => regions.flatMap(({ services }) => services.map((it) => it.loop.health)));
  const areAllRead = () => {
    const all = healths();
    // A whole reading of Placement goes on over several looks where there are many hosts.
    const placed = openstack.clouds.flatMap(({ regions }) => regions.map(({ inventory }) => inventory.placement));
    const isPlaced = placed.length >= clusters && placed.every(({ isWhole, isRefused }) => isWhole || isRefused);
    return isPlaced && all.every(({ state, fullAt }) => fullAt !== undefined || state === "absent");
  };
  while (!areAllRead()) await wait(50);
  const elements = [...recorders.values()].reduce((sum, { graph }) => sum + graph.size, 0);
  row(
    "first reading of all",
    `${((performance.now() - from) / 1_000).toFixed(1)} s, ${cpuSeconds(cpu)} CPU s, ${elements} elements; ${loop.text()}; resident ${megabytes(process.memoryUsage.rss())} (${megabytes(baseBytes)} before, peak ${megabytes(peakBytes)})`,
    "<= 300 s",
  );
  [from, cpu] = [performance.now(), process.cpuUsage()];
  loop.reset();
  await steadily(recorders, nameOf);
  const share = (Number(cpuSeconds(cpu)) / ((performance.now() - from) / 1_000)) * 100;
  row(
    "steady state",
    `${share.toFixed(1)} % of a core over ${SECONDS} s, ${bodies} bodies of figures; ${loop.text()}`,
    "<= 10 %",
  );
  row("a change seen", `${seenText()} s after it happened, ${moved.length} not seen`, "<= 30 s");
  tell({ kind: "hang", cluster: 0 });
  seenAfterMs.length = 0;
  await steadily(recorders, nameOf, 1);
  row("the same with one cloud hanging", `${seenText()} s in the others, ${moved.length} not seen`, "<= 30 s");
  const failing = healths().filter(({ state }) => state === "failing").length;
  row("services failing then", `${failing}, all of the cloud that hangs`, "");
  row("memory", `resident ${megabytes(process.memoryUsage.rss())}, peak ${megabytes(peakBytes)}`, "");
}

/** Every second a machine somewhere begins to move; then as long as a change may take to be seen. */
async function steadily(
  recorders: ReadonlyMap<string, Recorder>,
  nameOf: (cluster: number) => string,
  first = 0,
): Promise<void> {
  const onMessage = (message: FromFake) => {
    if (message.kind === "migrated") moved.push(message);
  };
  child.on("message", onMessage);
  const ends = performance.now() + SECONDS * 1_000;
  for (let second = 0; performance.now() < ends; second++) {
    if (performance.now() < ends - 35_000) tell({ kind: "migrate", cluster: first + (second % (clusters - first)) });
    for (let look = 0; look < 10; look++) {
      await wait(100);
      for (let place = moved.length - 1; place >= 0; place--) {
        const move = moved[place];
        if (move === undefined) continue;
        const vm = recorders.get(nameOf(move.cluster))?.graph.get(elementIdOf("vm", move.uuid));
        if (vm?.attributes.status !== "MIGRATING") continue;
        seenAfterMs.push(Date.now() - move.at);
        moved.splice(place, 1);
      }
    }
  }
  child.off("message", onMessage);
}

function cpuSeconds(since: NodeJS.CpuUsage): string {
  const { user, system } = process.cpuUsage(since);
  return ((user + system) / 1e6).toFixed(1);
}

function seenText(): string {
  const sorted = seenAfterMs.toSorted((a, b) => a - b);
  const at = (share: number) =>
    ((sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0) / 1_000).toFixed(1);
  return `${sorted.length} changes: p50 ${at(0.5)}, p99 ${at(0.99)}, worst ${at(1)}`;
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(0)} MB`;
}
