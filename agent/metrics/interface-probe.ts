import type { NodeKind } from "../../core/element.ts";
import type { Probe, ProbeSession } from "../probe.ts";
import type { ProcReader } from "../proc-reader.ts";
import { type InterfaceFacts, interfacePoints, isUp } from "./interface.ts";

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

/**
 * Counters of interfaces, in the host's own namespace and in each one that has a process inside. Namespaces that
 * nobody lives in are left out, since only a process spawned for it could read their counters.
 * `namespaces` answers undefined where the topology cannot be read; then every interface is of kind `interface`.
 */
export function interfaceProbe(proc: ProcReader, namespaces: () => readonly KnownNamespace[] | undefined): Probe {
  const session: ProbeSession = {
    sample(at, sink) {
      const known = namespaces();
      const own = known?.find((namespace) => namespace.name === undefined)?.interfaces;
      const ownFacts = (name: string) => factsFromSysfs(proc, name, own);
      interfacePoints(proc.text("/proc/net/dev") ?? "", undefined, ownFacts, at).forEach(sink);
      for (const { name, pid, inode, interfaces } of known ?? []) {
        if (name === undefined || pid === undefined) continue;
        // The process may have ended and its number belong to one that lives elsewhere.
        if (proc.link(`/proc/${pid}/ns/net`) !== `net:[${inode}]`) continue;
        const facts = (ifname: string) => factsOf(interfaces.get(ifname));
        interfacePoints(proc.text(`/proc/${pid}/net/dev`) ?? "", name, facts, at).forEach(sink);
      }
    },
  };
  return { name: "net_if", detect: async () => (proc.text("/proc/net/dev") === undefined ? undefined : session) };
}

/** An interface that the topology has not seen yet is left out once, rather than written with another kind. */
function factsFromSysfs(
  proc: ProcReader,
  name: string,
  known: ReadonlyMap<string, KnownInterface> | undefined,
): InterfaceFacts | undefined {
  const it = known?.get(name);
  if (known !== undefined && it === undefined) return undefined;
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
