import { parseArgs } from "node:util";
import { type Element, linkOf } from "../core/element.ts";
import { elementIdOf, hostId, interfaceId, ovsBridgeId } from "../core/element-id.ts";
import { host, node, routerNamespace, vm } from "../test/topology/comparison/cloud.ts";
import { type Change, diff } from "../topology/model/change.ts";
import { comparing } from "../topology/model/comparison/compare.ts";
import { topologyOf } from "../topology/model/topology.ts";
import { diffJson } from "../web/server/topology-diff-stream.ts";
import { wireCounts } from "../web/server/wire-comparison.ts";

// Folding the changes of a difference: µs a change, and the longest time the event loop is held. Which kinds of events the
// changes come from is drawn from the seed: migrations, hosts lost, an upgrade, tunnels that lose a peer, routers that
// move, VMs that come and go, and updates that are like no other.
//
//   node bench/topology-diff.ts [--seed 7] [--sizes 1000,10000,100000] [--runs 5]

const { values } = parseArgs({
  options: {
    seed: { type: "string", default: "7" },
    sizes: { type: "string", default: "1000,10000,100000" },
    runs: { type: "string", default: "5" },
  },
});

/** Mulberry32: 32 bits of state are enough to draw events. */
function randomFrom(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

const PEERS = Array.from({ length: 500 }, (_, index) => `10.${index >> 8}.${index & 255}.1`);

interface Event {
  readonly before: readonly Element[];
  readonly after: readonly Element[];
}

function eventOf(index: number, random: (below: number) => number): Event {
  const [a, b] = [`c-${random(10_000)}-${index}`, `d-${random(10_000)}-${index}`];
  const nic = (mtu: number) =>
    node({ id: interfaceId(a, undefined, "eth0"), kind: "nic", name: "eth0", host: a, attributes: { mtu, index } });
  const tunnel = (peers: readonly string[]) =>
    node({ id: interfaceId(a, undefined, "vxlan"), kind: "vxlan", name: "vxlan", host: a, attributes: { peers } });
  switch (random(10)) {
    case 0:
    case 1:
      return { before: vm(index, a), after: vm(index, b) };
    case 2:
      return { before: wholeHost(a, index), after: [] };
    case 3:
      return { before: routerNamespace(index, a), after: routerNamespace(index, b) };
    case 4:
      return { before: vm(index, a), after: [] };
    case 5:
      return { before: [], after: vm(index, a) };
    case 6:
      return { before: [tunnel(PEERS)], after: [tunnel(PEERS.filter((peer) => peer !== "10.1.7.1"))] };
    case 7:
      return { before: [nic(1500)], after: [nic(1400 + random(100))] };
    default:
      return { before: [nic(1500)], after: [nic(9000)] };
  }
}

/** A host with 40 bridges' worth of ports: about 120 elements. */
function wholeHost(name: string, index: number): readonly Element[] {
  const bridge = ovsBridgeId(name, "br-int");
  const ports = Array.from({ length: 55 }, (_, port) => {
    const id = elementIdOf("host", name, "ovs", "br-int", "port", `p${port}`);
    return [
      node({ id, kind: "ovs-port", name: `p${port}`, host: name, parent: bridge }),
      linkOf("layer2", id, hostId(name)),
    ];
  });
  return [...host(name, `k${index % 500}`), ...ports.flat()];
}

function changesOf(size: number, seed: number): readonly Change[] {
  const random = randomFrom(seed);
  const changes: Change[] = [];
  for (let index = 0; changes.length < size; index++) {
    const { before, after } = eventOf(index, random);
    changes.push(...diff(topologyOf(before), topologyOf(after)));
  }
  return changes.slice(0, size).sort(() => random(3) - 1);
}

interface Figures {
  readonly foldMs: number;
  readonly wallMs: number;
  readonly longestSliceMs: number;
  readonly wireMs: number;
  readonly groups: number;
}

/** CPU time of this thread, so that a busy machine does not count. */
function cpuMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1_000;
}

async function run(changes: readonly Change[]): Promise<Figures> {
  const work = comparing(changes, {});
  const [start, wall] = [cpuMs(), performance.now()];
  let longestSliceMs = 0;
  for (;;) {
    const since = cpuMs();
    const step = work.next();
    longestSliceMs = Math.max(longestSliceMs, cpuMs() - since);
    if (step.done !== true) continue;
    const comparison = step.value;
    const [folded, wallMs] = [cpuMs(), performance.now() - wall];
    for await (const _text of diffJson({ counts: wireCounts(comparison) }, comparison, true));
    return {
      foldMs: folded - start,
      wallMs,
      longestSliceMs,
      wireMs: cpuMs() - folded,
      groups: comparison.groups.length,
    };
  }
}

const seed = Number(values.seed);
console.log(`seed ${seed}; median of ${values.runs} runs; CPU time`);
console.log("changes   groups   fold µs/change   (wall)   longest slice ms   JSON µs/change");
for (const size of values.sizes.split(",").map(Number)) {
  const changes = changesOf(size, seed);
  const runs: Figures[] = [];
  for (let count = 0; count < Number(values.runs); count++) runs.push(await run(changes));
  runs.sort((x, y) => x.foldMs - y.foldMs);
  const median = runs[Math.floor(runs.length / 2)];
  if (median === undefined) break;
  const perChange = (ms: number) => ((ms * 1_000) / size).toFixed(2);
  console.log(
    String(size).padStart(7),
    String(median.groups).padStart(8),
    perChange(median.foldMs).padStart(16),
    perChange(median.wallMs).padStart(8),
    Math.max(...runs.map((each) => each.longestSliceMs))
      .toFixed(2)
      .padStart(18),
    perChange(median.wireMs).padStart(16),
  );
}
