// node bench/openstack-notifications.ts — forty fake clouds with 5,000 compute nodes and 30,000 machines, in a process of their own, whose
// changes are told by a real RabbitMQ: how long until a change is seen, what hearing costs, a storm of notifications. Ends what it starts; with 1 when a bound
// of what is promised is not met (own work of the loop is printed, not judged).
import { fork } from "node:child_process";
import { once } from "node:events";
import { cpus, loadavg, release, totalmem } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { parseArgs } from "node:util";
import { CLOUD_LIMITS } from "../collector/openstack/cloud-source.ts";
import { type OpenStack, startOpenStack } from "../collector/openstack/start.ts";
import { systemClock } from "../core/clock.ts";
import { elementIdOf } from "../core/element-id.ts";
import { Lifetime } from "../core/lifetime.ts";
import { silentLog } from "../core/log.ts";
import { NewestRevisionLog } from "../test/integration/fixtures/newest-revision-log.ts";
import { startRabbitMq } from "../test/integration/fixtures/rabbitmq.ts";
import { notificationSource } from "../test/integration/fixtures/told-changes.ts";
import { openRecorder, type Recorder } from "../topology/recorder.ts";
import { row } from "./collector-figures.ts";
import { JudgedRows } from "./judged-rows.ts";
import { watchLoop } from "./loop-watch.ts";
import type { FromFake, ToFake } from "./openstack-fake.ts";
import { areSeenWithin, type SeenChanges } from "./seen-changes.ts";

const { values } = parseArgs({
  options: {
    clusters: { type: "string", default: "40" },
    // 98 of 100 are compute nodes.
    hosts: { type: "string", default: "5120" },
    "vms-per-host": { type: "string", default: "6" },
    seed: { type: "string", default: "1" },
    seconds: { type: "string", default: "180" },
    "changes-per-second": { type: "string", default: "1" },
    // Each is told of four times.
    "storm-machines": { type: "string", default: "500" },
  },
});
const [clusters, hosts, vmsPerHost, seed, SECONDS, CHANGES_PER_SECOND, STORM_MACHINES] = [
  values.clusters,
  values.hosts,
  values["vms-per-host"],
  values.seed,
  values.seconds,
  values["changes-per-second"],
  values["storm-machines"],
].map(Number) as [number, number, number, number, number, number, number];
/** The bound, and how long is waited for what is late. */
const [BOUND_MS, PATIENCE_MS] = [2_000, 30_000];
const SHARE_PERCENT = 10;
const WITHIN = `<= ${BOUND_MS / 1_000} s`;
const judged = new JudgedRows();

const lifetime = new Lifetime();
const child = fork(join(import.meta.dirname, "openstack-fake.ts"), { stdio: "inherit" });
const tell = (message: ToFake) => child.send(message);
const nameOf = (cluster: number) => `os-${cluster + 1}`;
const recorders = new Map<string, Recorder>();
let peakBytes = 0;
const watch = setInterval(() => {
  peakBytes = Math.max(peakBytes, process.memoryUsage.rss());
}, 100);
const loop = watchLoop();

console.log(
  `machine ${cpus().length} x ${cpus()[0]?.model.trim()}, ${(totalmem() / 2 ** 30).toFixed(0)} GiB, Linux ${release()}, Node ${process.version}; load ${loadavg()[0]?.toFixed(1)} before`,
);
try {
  const rabbit = await startRabbitMq();
  lifetime.defer("RabbitMQ", rabbit.stop);
  tell({ kind: "start", options: { seed, size: { clusters, hosts, vmsPerHost } } });
  const started = await answer("started");
  tell({ kind: "publish", url: rabbit.amqpUrl });
  await answer("publishing");
  console.log(
    `clouds  ${clusters}, ${started.hosts} hosts, ${started.vms} machines, seed ${seed}, exchanges of each of its own at one RabbitMQ; all processes share the cores`,
  );
  const asked = process.hrtime.bigint();
  const openstack = await begin(started, rabbit.amqpUrl);
  console.log(`all read and listened to after ${(Number(process.hrtime.bigint() - asked) / 1e9).toFixed(1)} s`);
  await measure("without a change", () => wait(Math.min(60, SECONDS) * 1_000, undefined));
  await measure(`${CHANGES_PER_SECOND} changes a second`, steadily);
  await stormed(openstack);
  row("memory", `resident ${megabytes(process.memoryUsage.rss())}, peak ${megabytes(peakBytes)}`, "");
  console.log(
    `load ${loadavg()[0]?.toFixed(1)} at the end. Not measured: a store under the recorder, latency of real APIs and what the questions cost them, brokers far away, TLS`,
  );
} finally {
  clearInterval(watch);
  loop.stop();
  await lifetime.end();
  child.kill("SIGKILL");
}
judged.end();

async function answer<K extends FromFake["kind"]>(kind: K): Promise<Extract<FromFake, { kind: K }>> {
  for (;;) {
    const [message] = (await once(child, "message")) as [FromFake];
    if (message.kind === kind) return message as Extract<FromFake, { kind: K }>;
  }
}

async function begin({ clouds }: Extract<FromFake, { kind: "started" }>, url: string): Promise<OpenStack> {
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
    notifications: notificationSource(cluster, nameOf(cluster), new URL(url)),
  }));
  const bodies = { write: async () => ({ kind: "durable" }) as const };
  const openstack = startOpenStack(sources, { recorders, clock: systemClock, log: silentLog, bodies }, lifetime);
  const isReady = () => {
    const all = openstack.clouds.flatMap(({ regions }) =>
      regions.flatMap(({ services }) => services.map((it) => it.loop.health)),
    );
    const areRead = all.every(({ state, fullAt }) => fullAt !== undefined || state === "absent");
    return (
      all.length >= clusters * 5 &&
      areRead &&
      [...openstack.notifications.values()].every((it) => it.status().isListening)
    );
  };
  while (!isReady()) await wait(50);
  return openstack;
}

async function measure(what: string, run: () => Promise<SeenChanges | undefined>): Promise<void> {
  loop.reset();
  const [from, cpu] = [performance.now(), process.cpuUsage()];
  const result = await run();
  const { user, system } = process.cpuUsage(cpu);
  const [cpuSeconds, seconds] = [(user + system) / 1e6, (performance.now() - from) / 1_000];
  const percent = (cpuSeconds / seconds) * 100;
  judged.row(
    what,
    `${percent.toFixed(1)} % of a core, ${cpuSeconds.toFixed(1)} CPU s in ${seconds.toFixed(0)} s; ${loop.text()}`,
    { aim: `<= ${SHARE_PERCENT} %`, isMet: percent <= SHARE_PERCENT },
  );
  if (result === undefined) return;
  judged.row("a change seen", seenText(result), { aim: WITHIN, isMet: areSeenWithin(result, BOUND_MS) });
}

function machineIn(cluster: number, uuid: string) {
  return recorders.get(nameOf(cluster))?.graph.get(elementIdOf("vm", uuid));
}

/** Machines somewhere begin to move, one after the other. */
async function steadily(): Promise<SeenChanges> {
  const moved: Extract<FromFake, { kind: "migrated" }>[] = [];
  const seenAfterMs: number[] = [];
  const onMessage = (message: FromFake) => {
    if (message.kind === "migrated") moved.push(message);
  };
  child.on("message", onMessage);
  const [beganMs, gapMs] = [performance.now(), 1_000 / CHANGES_PER_SECOND];
  const endMs = beganMs + SECONDS * 1_000;
  for (let told = 0; performance.now() < endMs || moved.length > 0; ) {
    for (; performance.now() < endMs && performance.now() >= beganMs + told * gapMs; told++) {
      tell({ kind: "migrate", cluster: told % clusters });
    }
    for (let place = moved.length - 1; place >= 0; place--) {
      const move = moved[place];
      if (move === undefined) continue;
      if (machineIn(move.cluster, move.uuid)?.attributes.status !== "MIGRATING") continue;
      seenAfterMs.push(Date.now() - move.at);
      moved.splice(place, 1);
    }
    if (performance.now() > endMs + PATIENCE_MS) break;
    await wait(10);
  }
  child.off("message", onMessage);
  return { afterMs: seenAfterMs, notSeen: moved.length };
}

function seenText({ afterMs, notSeen }: SeenChanges): string {
  const sorted = afterMs.toSorted((a, b) => a - b);
  const at = (share: number) =>
    ((sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0) / 1_000).toFixed(2);
  const late = sorted.filter((ms) => ms > BOUND_MS).length;
  return `${sorted.length} changes: p50 ${at(0.5)}, p99 ${at(0.99)}, worst ${at(1)} s; ${late} later than the bound, ${notSeen} not seen`;
}

/** Many machines of the last cloud, which no steady change has left on its way elsewhere. */
async function stormed(openstack: OpenStack): Promise<void> {
  const cluster = clusters - 1;
  const heard = () => openstack.notifications.get(nameOf(cluster))?.counts().received ?? 0;
  const requests = async () => {
    tell({ kind: "count", cluster });
    return (await answer("requests")).count;
  };
  const [requestsBefore, heardBefore] = [await requests(), heard()];
  loop.reset();
  const cpu = process.cpuUsage();
  tell({ kind: "storm", cluster, machines: STORM_MACHINES });
  const { moved, beganAt, endedAt } = await answer("stormed");
  let left = [...moved];
  while (left.length > 0 && Date.now() < endedAt + PATIENCE_MS) {
    left = left.filter(({ uuid, host }) => {
      const machine = machineIn(cluster, uuid);
      return machine === undefined || !("host" in machine) || machine.host !== host;
    });
    await wait(10);
  }
  const seenMs = Date.now() - endedAt;
  const { user, system } = process.cpuUsage(cpu);
  const asked = (await requests()) - requestsBefore;
  judged.row(
    "a storm in one cloud",
    `${heard() - heardBefore} notifications of ${moved.length} machines in ${((endedAt - beganAt) / 1_000).toFixed(1)} s: all seen ${(seenMs / 1_000).toFixed(2)} s after the last, ${left.length} not; ${asked} requests, ${((user + system) / 1e6).toFixed(2)} CPU s; ${loop.text()}`,
    { aim: WITHIN, isMet: moved.length > 0 && left.length === 0 && seenMs <= BOUND_MS },
  );
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(0)} MB`;
}
