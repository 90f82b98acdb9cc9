// node bench/recorder.ts [--hosts 10000] [--seed 1] — the recorder alone, on a store in memory: first full states of all
// hosts, a sustained stream of changes, a storm; what each takes and the longest the event loop was held up.
import { monitorEventLoopDelay } from "node:perf_hooks";
import { setTimeout as wait } from "node:timers/promises";
import { parseArgs } from "node:util";
import { epochMsOf, systemClock } from "../core/clock.ts";
import type { Element } from "../core/element.ts";
import { Lifetime } from "../core/lifetime.ts";
import { silentLog } from "../core/log.ts";
import type { Revision } from "../topology/model/revision.ts";
import { ownerKeyOfId } from "../topology/ownership.ts";
import { openRecorder } from "../topology/recorder.ts";
import type { RevisionLog } from "../topology/revision-log.ts";
import { hostElements, hostNameOf, type SyntheticSize } from "./synthetic-graph.ts";

const { values } = parseArgs({
  options: {
    hosts: { type: "string", default: "10000" },
    seed: { type: "string", default: "1" },
    seconds: { type: "string", default: "20" },
    rate: { type: "string", default: "5000" },
    storm: { type: "string", default: "100000" },
  },
});
const size: SyntheticSize = { seed: Number(values.seed), hosts: Number(values.hosts), vmsPerHost: 10, peers: 500 };
const COMMIT_MS = 5;

let changes = 0;
const store: RevisionLog = {
  append: async (revisions: readonly Revision[]) => {
    for (const revision of revisions) changes += revision.changes.length;
    await wait(COMMIT_MS);
  },
  lastRevision: async () => 0,
  latest: async function* () {},
  lastAtByOrigin: async () => new Map(),
};
const lifetime = new Lifetime();
const recorder = await openRecorder({ cluster: "main", store, clock: systemClock, log: silentLog }, lifetime);
const delay = monitorEventLoopDelay({ resolution: 1 });
delay.enable();
console.log(`seed         ${size.seed}`);

await measured("full states", async () => {
  for (let from = 0; from < size.hosts; from += 50) {
    const hosts = Array.from({ length: Math.min(50, size.hosts - from) }, (_, at) => from + at);
    await Promise.all(
      hosts.flatMap((index) => {
        const elements = hostElements(size, index);
        return [agentSays(index, elements), openStackSays(elements)];
      }),
    );
    await wait(1);
  }
});
const nics = Array.from({ length: size.hosts }, (_, index) =>
  hostElements(size, index).filter(({ kind }) => kind === "nic" || kind === "tap" || kind === "ovs-port"),
);
await measured("sustained", async () => {
  const perTick = Number(values.rate) / 20;
  let said = 0;
  for (let tick = 0; tick < Number(values.seconds) * 20; tick++) {
    const started = performance.now();
    for (let at = 0; at < perTick; at++) void flip(said++);
    await wait(Math.max(1, 50 - (performance.now() - started)));
  }
  await flip(said);
});
await measured("storm", async () => {
  const perHost = Math.ceil(Number(values.storm) / size.hosts);
  await Promise.all(
    nics.map((elements, index) =>
      recorder.record({
        kind: "changes",
        owner: { kind: "agent", host: hostNameOf(index) },
        at: systemClock.now(),
        remove: [],
        put: elements
          .slice(0, perHost)
          .map((element) => ({ ...element, attributes: { ...element.attributes, operstate: "down", mtu: 1_400 } })),
      }),
    ),
  );
});
console.log(`elements     ${recorder.graph.size}, revision ${recorder.revision()}`);
await lifetime.end();

function agentSays(index: number, elements: readonly Element[]): Promise<unknown> {
  const host = hostNameOf(index);
  const own = elements.filter(({ id }) => ownerKeyOfId(id) === `agent/${host}`);
  return recorder.record({ kind: "full", owner: { kind: "agent", host }, at: systemClock.now(), elements: own });
}

function openStackSays(elements: readonly Element[]): Promise<unknown> {
  const put = elements.filter(({ id }) => ownerKeyOfId(id) === "openstack");
  const owner = { kind: "openstack", cluster: "main" } as const;
  return recorder.record({ kind: "changes", owner, at: systemClock.now(), put, remove: [] });
}

function flip(number: number): Promise<unknown> {
  const index = (number * 7_919) % size.hosts;
  const element = nics[index]?.[number % 5];
  if (element === undefined) return Promise.resolve();
  const put = [{ ...element, attributes: { ...element.attributes, mtu: 1_500 + number } }];
  const owner = { kind: "agent", host: hostNameOf(index) } as const;
  return recorder.record({ kind: "changes", owner, at: epochMsOf(systemClock.now()), put, remove: [] });
}

async function measured(what: string, work: () => Promise<unknown>): Promise<void> {
  delay.reset();
  const [startedAt, before] = [performance.now(), changes];
  await work();
  const seconds = (performance.now() - startedAt) / 1_000;
  const count = changes - before;
  const held = `event loop held up ${(delay.max / 1e6).toFixed(0)} ms at most, 99.9 % under ${(delay.percentile(99.9) / 1e6).toFixed(0)} ms`;
  console.log(
    `${what.padEnd(12)} ${count} changes in ${seconds.toFixed(1)} s, ${Math.round(count / seconds)}/s; ${held}`,
  );
}
