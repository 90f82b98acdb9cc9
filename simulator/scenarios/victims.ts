import { type ElementId, elementIdOf, hostId } from "../../core/element-id.ts";
import type { Cloud, Host, Mesh, Vm } from "../cloud/cloud.ts";
import { clusterName, hostAt, routeReflectors, vmUuid } from "../cloud/identity.ts";
import type { Step } from "../day/step.ts";
import { speakerId } from "../elements/overlay-elements.ts";
import type { Random } from "../random.ts";
import type { Fault } from "./scenario.ts";

/** BFD finds a dead peer within three intervals of 300 ms. */
const BFD_MS = 900;

/** A compute node that runs and has machines; undefined when none does. */
export function anyComputeNode(cloud: Cloud, random: Random): Host | undefined {
  return firstFrom(
    cloud.hosts,
    random,
    (host) => host.role === "compute" && host.vms.size > 0 && host.condition.powered,
  );
}

export function anyNetworkNode(cloud: Cloud, random: Random): Host | undefined {
  return firstFrom(cloud.hosts, random, (host) => host.role === "network" && host.condition.powered);
}

export function anyVmOf(cloud: Cloud, host: Host, random: Random): Vm | undefined {
  const index = random.pick([...host.vms]);
  return index === undefined ? undefined : cloud.vms.get(index);
}

/** The first that fits, from a place where chance begins to look. */
export function firstFrom<T>(list: readonly T[], random: Random, fits: (item: T) => boolean): T | undefined {
  const start = random.below(list.length);
  for (let n = 0; n < list.length; n++) {
    const item = list[(start + n) % list.length];
    if (item !== undefined && fits(item)) return item;
  }
  return undefined;
}

/** Compute nodes of the host's mesh other than itself: where its machines may go. */
export function neighboursOf(cloud: Cloud, host: Host): readonly number[] {
  const mesh: Mesh | undefined = cloud.meshes[host.mesh];
  return (mesh?.computeNodes ?? []).filter((index) => index !== host.index && hostAt(cloud, index).condition.powered);
}

export const vmElementId = (cloud: Cloud, vm: number): ElementId => elementIdOf("vm", vmUuid(cloud, vm));

export function machinesOn(cloud: Cloud, hosts: readonly Host[]): readonly ElementId[] {
  return hosts.flatMap((host) => [...host.vms].map((vm) => vmElementId(cloud, vm)));
}

/** The power goes, and the route reflectors of its mesh are the witnesses; `backAfterMs`: when it comes back. */
export function powerLoss(cloud: Cloud, host: Host, backAfterMs: number): readonly Step[] {
  const witnesses = reflectorsOf(cloud, host);
  const session = (up: boolean, afterMs: number) =>
    witnesses.map((witness): Step => ({ afterMs, act: { kind: "session", host: witness, peer: host.index, up } }));
  return [
    { afterMs: 0, act: { kind: "power", host: host.index, on: false } },
    ...session(false, BFD_MS),
    ...session(true, backAfterMs),
    { afterMs: backAfterMs, act: { kind: "power", host: host.index, on: true } },
  ];
}

/** What says of itself that it lost the session with this host. */
export function witnessesOf(cloud: Cloud, host: Host): readonly ElementId[] {
  return reflectorsOf(cloud, host).map((index) => speakerId(hostAt(cloud, index)));
}

function reflectorsOf(cloud: Cloud, host: Host): readonly number[] {
  return routeReflectors(cloud, host).filter((index) => index !== host.index);
}

export function faultOf(cloud: Cloud, host: Host, fault: Partial<Fault> & Pick<Fault, "kind" | "endsAfterMs">): Fault {
  return { cause: [hostId(host.name)], cluster: clusterName(cloud, host), beginsAfterMs: 0, symptoms: [], ...fault };
}
