import type { NodeKind } from "../../core/element.ts";
import { numberIn, type Point } from "../../core/line-protocol.ts";
import type { VacantNamespaces } from "../network-node/vacant-namespaces.ts";
import type { Probe, ProbeSession } from "../probe.ts";
import type { ProcReader } from "../proc-reader.ts";
import { createLineRunner, type LineRunner } from "../topology/line-command.ts";
import { type InterfaceFacts, interfacePoints, isUp } from "./interface.ts";
import { type Counted, createTurns } from "./turns.ts";

/** What the topology knows of one network namespace. */
export interface KnownNamespace {
  /** Undefined: the host's own. */
  readonly name: string | undefined;
  readonly inode: number;
  /** A process inside, whose /proc/<pid>/net shows this namespace without entering it. */
  readonly pid: number | undefined;
  readonly interfaces: ReadonlyMap<string, KnownInterface>;
}

export interface KnownInterface {
  readonly kind: NodeKind;
  readonly up: boolean;
  readonly mtuBytes: number | undefined;
  readonly speedMbps: number | undefined;
}

/** There are few of these, and they carry all the others. */
const ALWAYS: ReadonlySet<string> = new Set(["nic", "bond", "vlan", "vf"]);

/** Taps, pairs and the like that are told each time; where there are more, the others take turns. About 25 bytes each, compressed. */
const BUSIEST = 40;
const TURN_MS = 30_000;

/** Namespaces read before other work gets its turn. */
const NAMESPACES_PER_TURN = 50;

/**
 * Counters of interfaces, in the host's own namespace and in each one that has a process inside. Those of namespaces that
 * nobody lives in come once a minute, with the time they were read at, since only a process spawned for it can read them.
 * Where there are very many, those that do least take turns.
 * `namespaces` answers undefined where the topology cannot be read; then every interface is of kind `interface`.
 */
export function interfaceProbe(
  proc: ProcReader,
  namespaces: () => readonly KnownNamespace[] | undefined,
  vacant: VacantNamespaces,
): Probe {
  const told = new Map<string, number>();
  const choose = createTurns({ busiest: BUSIEST, everyMs: TURN_MS });
  const session = (run: LineRunner): ProbeSession => ({
    async sample(at, sink) {
      void vacant.refresh(run);
      const points: Point[] = [];
      const known = namespaces();
      const own = known?.find((namespace) => namespace.name === undefined)?.interfaces;
      const ownFacts = (name: string) => factsFromSysfs(proc, name, own);
      points.push(...interfacePoints(proc.text("/proc/net/dev") ?? "", undefined, ownFacts, at));
      for (const [index, { name, pid, inode, interfaces }] of (known ?? []).entries()) {
        if (name === undefined) continue;
        if (index % NAMESPACES_PER_TURN === 0) await new Promise(setImmediate);
        const facts = (ifname: string) => factsOf(interfaces.get(ifname));
        const texts = pid === undefined ? vacant.readings.get(name) : undefined;
        if (texts !== undefined && texts.inode === inode && told.get(name) !== texts.at) {
          told.set(name, texts.at);
          interfacePoints(texts.netDev, name, facts, texts.at).forEach(sink);
        }
        // The process may have ended and its number belong to one that lives elsewhere.
        if (pid === undefined || proc.link(`/proc/${pid}/ns/net`) !== `net:[${inode}]`) continue;
        points.push(...interfacePoints(proc.text(`/proc/${pid}/net/dev`) ?? "", name, facts, at));
      }
      const chosen = choose(points.map(countedOf), at);
      for (const point of points) if (chosen.has(keyOf(point))) sink(point);
      for (const name of told.keys()) if (!vacant.readings.has(name)) told.delete(name);
    },
  });
  return {
    name: "net_if",
    detect: async ({ signal }) =>
      proc.text("/proc/net/dev") === undefined ? undefined : session(createLineRunner(signal)),
  };
}

const keyOf = ({ tags }: Point): string => `${tags.netns} ${tags.interface}`;

function countedOf(point: Point): Counted {
  const { rx_packets, tx_packets, up, mtu_bytes } = point.fields;
  const state = JSON.stringify([up, mtu_bytes, point.tags.kind]);
  const always = ALWAYS.has(point.tags.kind ?? "");
  return { key: keyOf(point), counted: numberIn(rx_packets) + numberIn(tx_packets), state, always };
}

/** An interface that the topology has not seen yet is left out once, rather than written with another kind. */
function factsFromSysfs(
  proc: ProcReader,
  name: string,
  known: ReadonlyMap<string, KnownInterface> | undefined,
): InterfaceFacts | undefined {
  const it = known?.get(name);
  if (known !== undefined && it === undefined) return undefined;
  // Of hundreds of taps the kernel has told whether they are up; three files of each are a tenth of a sample's time.
  if (it !== undefined && !ALWAYS.has(it.kind)) return factsOf(it);
  const folder = `/sys/class/net/${name}`;
  const operstate = proc.text(`${folder}/operstate`)?.trim() ?? "unknown";
  const carrier = operstate === "unknown" && proc.text(`${folder}/carrier`)?.trim() === "1";
  return {
    kind: it?.kind ?? "interface",
    up: isUp(operstate, carrier),
    mtuBytes: it?.mtuBytes,
    speedMbps: it?.speedMbps,
    carrierChanges: proc.text(`${folder}/carrier_changes`)?.trim(),
  };
}

function factsOf(known: KnownInterface | undefined): InterfaceFacts | undefined {
  return known === undefined ? undefined : { ...known, carrierChanges: undefined };
}
