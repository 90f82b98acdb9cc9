import type { Cloud, Vm } from "../cloud/cloud.ts";
import { hostAt } from "../cloud/identity.ts";
import type { Done } from "../day/day.ts";

// What the cloud itself forgets and OpenStack remembers: when something changed, how often, and what is gone.

export type MachineChange =
  | { readonly kind: "born"; readonly vm: Vm }
  | { readonly kind: "changed"; readonly vm: Vm; readonly before: Vm }
  | { readonly kind: "gone"; readonly vm: Vm };

export interface GoneMachine {
  readonly vm: Vm;
  readonly goneMs: number;
}

interface Past {
  readonly updatedMs: number;
  readonly revision: number;
}

/** Deleted machines that a cluster remembers; the oldest are forgotten, as when deleted rows are archived. */
const MOST_GONE = 10_000;

export class Chronicle {
  readonly #cloud: Cloud;
  readonly #pasts = new Map<number, Past>();
  readonly #gone = new Map<number, GoneMachine[]>();
  readonly #silentSinceMs = new Map<string, number>();
  readonly #listeners = new Set<(change: MachineChange, atMs: number) => void>();
  #version = 0;

  constructor(cloud: Cloud) {
    this.#cloud = cloud;
  }

  /** Rises with everything that is noted. */
  get version(): number {
    return this.#version;
  }

  /** Called with each change of a machine, in the order they happen. */
  watch(listener: (change: MachineChange, atMs: number) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  note({ act, atMs, before }: Done): void {
    this.#version++;
    if (act.kind === "power") this.#hear(act.host, "", act.on, atMs);
    if (act.kind === "process") this.#hear(act.host, act.name, act.running, atMs);
    // Where a device is on a host is nothing that OpenStack knows.
    if (!("vm" in act) || act.kind === "tap") return;
    if (act.kind === "delete") {
      if (before !== undefined) this.#bury(before, atMs);
      return;
    }
    const vm = this.#cloud.vms.get(act.vm);
    if (vm === undefined) return;
    const revision = this.revision(vm.index) + (before === undefined ? 0 : 1);
    this.#pasts.set(vm.index, { updatedMs: atMs, revision });
    this.#tell(before === undefined ? { kind: "born", vm } : { kind: "changed", vm, before }, atMs);
  }

  /** Milliseconds since the cloud began. */
  updatedMs(vm: Vm): number {
    return this.#pasts.get(vm.index)?.updatedMs ?? vm.bornMs;
  }

  /** 0 for a machine that was never changed; it rises by one with each change. */
  revision(vm: number): number {
    return this.#pasts.get(vm)?.revision ?? 0;
  }

  /** Of one cluster, in the order they went. */
  gone(cluster: number): readonly GoneMachine[] {
    return this.#gone.get(cluster) ?? [];
  }

  /** Since when a daemon of a host does not report; undefined while it does. `name` as `process` metrics have it. */
  silentSinceMs(host: number, name: string): number | undefined {
    const { powered, missingProcesses } = hostAt(this.#cloud, host).condition;
    if (powered && !missingProcesses.includes(name)) return undefined;
    const own = this.#silentSinceMs.get(`${host} ${name}`) ?? Number.NEGATIVE_INFINITY;
    const power = this.#silentSinceMs.get(`${host} `) ?? Number.NEGATIVE_INFINITY;
    if (powered) return own;
    return missingProcesses.includes(name) ? Math.min(own, power) : power;
  }

  #hear(host: number, name: string, speaks: boolean, atMs: number): void {
    if (speaks) this.#silentSinceMs.delete(`${host} ${name}`);
    else this.#silentSinceMs.set(`${host} ${name}`, atMs);
  }

  #bury(vm: Vm, goneMs: number): void {
    this.#pasts.delete(vm.index);
    const { cluster } = hostAt(this.#cloud, vm.host);
    const gone = this.#gone.get(cluster) ?? [];
    this.#gone.set(cluster, gone);
    gone.push({ vm, goneMs });
    if (gone.length > MOST_GONE) gone.shift();
    this.#tell({ kind: "gone", vm }, goneMs);
  }

  #tell(change: MachineChange, atMs: number): void {
    for (const listener of this.#listeners) listener(change, atMs);
  }
}
