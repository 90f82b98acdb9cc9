import { numberedPort } from "../cloud/addresses.ts";
import type { Cloud, Host, Vm } from "../cloud/cloud.ts";
import { networkAt, portUuid, projectId, vmUuid } from "../cloud/identity.ts";
import type { Chronicle, MachineChange } from "./chronicle.ts";
import { type ChosenDrift, chooseDrift, type Drift, type DriftPlan, ghostPort, NO_DRIFT } from "./drift.ts";
import { type FabricFill, type FabricRange, fabricPort, fabricPortNumber, fabricRanges, fabricUsed } from "./fabric.ts";
import { lastingPortNumbers, machinePortNumbers, portObject } from "./neutron-ports.ts";
import { clusterHosts, computeNodes, machinesOn } from "./nova-hosts.ts";
import { byId, type Entry, newestFirst, Register } from "./register.ts";
import type { HostNames, OpenStackObject, View } from "./view.ts";

export interface EstateOptions {
  readonly names: HostNames;
  readonly drift: DriftPlan;
  /** A subnet cut into ranges that fills up; undefined: there is none. */
  readonly fabric: FabricFill | undefined;
  /** Epoch milliseconds of milliseconds since the cloud began. */
  readonly wallOf: (ms: number) => number;
}

/**
 * One cluster as its OpenStack has it. What may be long (servers, ports, volumes) is held as ids in the order of its
 * list; objects are made when they are asked for.
 */
export class Estate {
  readonly cloud: Cloud;
  readonly cluster: number;
  readonly view: View;
  readonly chronicle: Chronicle;
  readonly fabric: FabricFill | undefined;
  servers: Register;
  ports: Register;
  #drift: ChosenDrift;
  #fabricUsed: number[] = [];
  /** When the first region of the fabric was given another range, each time; epoch milliseconds. */
  readonly fabricWidenedAt: number[] = [];
  /** By host. */
  readonly #allocationChanges = new Map<number, number>();
  #drifts = 0;

  constructor(cloud: Cloud, cluster: number, chronicle: Chronicle, { names, drift, fabric, wallOf }: EstateOptions) {
    this.cloud = cloud;
    this.cluster = cluster;
    this.chronicle = chronicle;
    this.fabric = fabric;
    this.view = {
      cloud,
      names,
      wallOf,
      updatedMs: (vm) => chronicle.updatedMs(vm),
      revision: (vm) => chronicle.revision(vm),
      silentSinceMs: (host, daemon) => chronicle.silentSinceMs(host, daemon),
    };
    this.#drift = chooseDrift(cloud, cluster, drift ?? NO_DRIFT);
    this.servers = this.#serverRegister();
    this.ports = this.#portRegister();
    chronicle.watch((change) => this.#follow(change));
  }

  get drift(): Drift {
    return this.#drift.answers;
  }

  /** Other disagreements from now on; those of before are gone. */
  setDrift(plan: DriftPlan): Drift {
    this.#drift = chooseDrift(this.cloud, this.cluster, plan);
    this.servers = this.#serverRegister();
    this.ports = this.#portRegister();
    this.#drifts++;
    return this.drift;
  }

  /** The machine of a server; undefined when it is gone. */
  machine(number: number): Vm | undefined {
    return this.#drift.ghostServers.get(number) ?? this.cloud.vms.get(number);
  }

  /** Machines of the cluster that Nova has servers of, in its order. */
  *machines(): Generator<Vm> {
    for (const { number } of this.servers.after(undefined)) {
      const vm = this.machine(number);
      if (vm !== undefined) yield vm;
    }
  }

  hosts(): readonly Host[] {
    return clusterHosts(this.cloud, this.cluster);
  }

  /** Those that Nova knows. */
  computeNodes(): readonly Host[] {
    return computeNodes(this.cloud, this.cluster).filter(({ index }) => !this.#drift.hiddenHosts.has(index));
  }

  /** Without those that Nova does not know; with those that are nowhere else. */
  serversOn(host: Host): readonly Vm[] {
    const ghosts = [...this.#drift.ghostServers.values()].filter((vm) => vm.host === host.index);
    return [...machinesOn(this.cloud, host).filter(({ index }) => !this.#drift.hiddenVms.has(index)), ...ghosts];
  }

  /** How often something was allocated on a host, or freed; it never falls. */
  allocationChanges({ index }: Host): number {
    return (this.#allocationChanges.get(index) ?? 0) + this.#drifts;
  }

  /** Undefined when it is gone. */
  port(number: number): OpenStackObject | undefined {
    const { kind, index } = numberedPort(number);
    if (kind === "fabric") return this.fabric && fabricPort(this.view, index, this.fabric);
    const ghost = this.#drift.ghostPorts.get(number);
    if (ghost !== undefined) return ghostPort(this.view, number, ghost);
    const port = portObject(this.view, number)[0];
    if (port === undefined || kind !== "vm" || !this.#drift.failedVms.has(index)) return port;
    return { ...port, status: "DOWN", "binding:vif_type": "binding_failed", "binding:vif_details": {} };
  }

  /** All projects that have networks here, in a fixed order. */
  projects(): readonly string[] {
    const { cloud, cluster } = this;
    const own = cloud.networks.filter((network) => network.cluster === cluster);
    return [...new Set(own.map(({ index }) => projectId(cloud, index)))];
  }

  fabricRanges(): readonly FabricRange[] {
    return fabricRanges(this.cloud, this.cluster, this.fabricWidenedAt.length);
  }

  /** What takes addresses by itself as time goes on. `now`: epoch milliseconds. */
  catchUp(now: number): void {
    if (this.fabric === undefined) return;
    const ms = this.sinceBegin(now);
    for (const [range, used] of fabricUsed(this.fabricRanges(), this.fabric, ms).entries()) {
      for (let slot = this.#fabricUsed[range] ?? 0; slot < used; slot++) {
        this.ports.join(this.#portEntry(fabricPortNumber(this.cluster, range, slot)));
      }
      this.#fabricUsed[range] = Math.max(used, this.#fabricUsed[range] ?? 0);
    }
  }

  /** Milliseconds since the cloud began, of epoch milliseconds: the wall clock goes evenly with the cloud's own. */
  sinceBegin(now: number): number {
    const hourMs = 3_600_000;
    const [zero, hour] = [this.view.wallOf(0), this.view.wallOf(hourMs)];
    return ((now - zero) / (hour - zero)) * hourMs;
  }

  #serverRegister(): Register {
    const entries = this.hosts().flatMap((host) => machinesOn(this.cloud, host));
    const shown = entries.filter(({ index }) => !this.#drift.hiddenVms.has(index));
    const all = [...shown, ...this.#drift.ghostServers.values()];
    return new Register(
      all.map((vm) => this.serverEntry(vm)),
      newestFirst,
    );
  }

  #portRegister(): Register {
    this.#fabricUsed = [];
    const vms = this.hosts().flatMap((host) => machinesOn(this.cloud, host));
    const numbers = [
      ...vms.flatMap(({ index }) => machinePortNumbers(index)),
      ...lastingPortNumbers(this.cloud, this.cluster),
      ...this.#drift.ghostPorts.keys(),
    ];
    return new Register(
      numbers.map((number) => this.#portEntry(number)),
      byId,
    );
  }

  serverEntry(vm: Vm): Entry {
    return { id: vmUuid(this.cloud, vm.index), number: vm.index, rank: vm.bornMs };
  }

  #portEntry(number: number): Entry {
    return { id: portUuid(this.cloud, number), number, rank: 0 };
  }

  #follow(change: MachineChange): void {
    const { kind, vm } = change;
    for (const host of new Set([vm.host, ...(change.kind === "changed" ? [change.before.host] : [])])) {
      this.#allocationChanges.set(host, (this.#allocationChanges.get(host) ?? 0) + 1);
    }
    if (kind === "changed" || networkAt(this.cloud, vm.network).cluster !== this.cluster) return;
    const numbers = machinePortNumbers(vm.index);
    if (kind === "born") {
      this.servers.join(this.serverEntry(vm));
      for (const number of numbers) this.ports.join(this.#portEntry(number));
      return;
    }
    this.servers.leave(vmUuid(this.cloud, vm.index));
    for (const number of numbers) this.ports.leave(portUuid(this.cloud, number));
  }
}
