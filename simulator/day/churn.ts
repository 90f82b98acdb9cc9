import type { Cloud } from "../cloud/cloud.ts";
import { FLAVORS } from "../cloud/flavors.ts";
import { type Random, randomOf } from "../random.ts";
import type { Act } from "./act.ts";
import type { Step } from "./step.ts";

/** How often something happens on an ordinary day, for each host of the cloud. */
export const ORDINARY_DAY = {
  boots: 1.5,
  deletions: 1.5,
  resizes: 0.1,
  migrations: 0.5,
  security_changes: 1,
  link_flaps: 0.05,
  agent_restarts: 0.14,
} as const;

export type ChurnName = keyof typeof ORDINARY_DAY;
export type ChurnRates = { readonly [name in ChurnName]: number };

const DAY_MS = 86_400_000;
const BUILD_MS = 4_000;
const MIGRATION_MS = 9_000;
const FLAP_MS = 2_500;
const RESTART_MS = 1_500;

/** When the next event of this kind comes, in milliseconds after the one before; undefined: never. */
export function churnDelayMs(cloud: Cloud, name: ChurnName, rates: ChurnRates, count: number): number | undefined {
  const perDay = rates[name] * cloud.hosts.length;
  if (perDay <= 0) return undefined;
  return Math.ceil(randomOf(cloud.seed, "churn", name, count, "when").exponential(DAY_MS / perDay));
}

/** What the `count`-th event of this kind is. It draws from a stream of its own, whatever else happens. */
export function churnSteps(cloud: Cloud, name: ChurnName, count: number): readonly Step[] {
  const random = randomOf(cloud.seed, "churn", name, count, "what");
  switch (name) {
    case "boots":
      return bootSteps(cloud, newVm(cloud, "churn", count), random);
    case "deletions":
      return onVm(cloud, random, (vm) => [{ kind: "delete", vm }]);
    case "resizes":
      return onVm(cloud, random, (vm) => [{ kind: "resize", vm, flavor: random.below(FLAVORS.length) }]);
    case "security_changes":
      return onVm(cloud, random, (vm) => [{ kind: "secure", vm }]);
    case "migrations":
      return migrationSteps(cloud, random);
    case "link_flaps": {
      const [host, nic] = [random.below(cloud.hosts.length), random.below(2)];
      return steps([0, { kind: "nic", host, nic, up: false }], [FLAP_MS, { kind: "nic", host, nic, up: true }]);
    }
    case "agent_restarts": {
      // One after the other through the cloud, as a rolling update goes.
      const host = count % cloud.hosts.length;
      return steps([0, { kind: "agent", host, running: false }], [RESTART_MS, { kind: "agent", host, running: true }]);
    }
  }
}

/** A machine that boots: its domain is there at once, and runs a little later. */
export function bootOf(boot: Omit<Extract<Act, { kind: "boot" }>, "kind">): readonly Step[] {
  return steps([0, { kind: "boot", ...boot }], [BUILD_MS, { kind: "start", vm: boot.vm }]);
}

/** The index of the `count`-th new machine of the day; those of scenarios are numbered apart, between them. */
export function newVm(cloud: Cloud, of: "churn" | "scenario", count: number): number {
  return cloud.firstNewVm + 2 * count + (of === "churn" ? 0 : 1);
}

export function migrationOf(vm: number, to: number): readonly Step[] {
  return steps([0, { kind: "migrate", vm, to }], [MIGRATION_MS, { kind: "migrated", vm }]);
}

function bootSteps(cloud: Cloud, vm: number, random: Random): readonly Step[] {
  const mesh = random.pick(cloud.meshes);
  const [hostDraw, networkDraw, flavor] = [random.float(), random.float(), random.below(FLAVORS.length)];
  const host = mesh?.computeNodes[Math.floor(hostDraw * mesh.computeNodes.length)];
  const first = cloud.networks.findIndex((network) => network.mesh === mesh?.index);
  const end = cloud.networks.findLastIndex((network) => network.mesh === mesh?.index) + 1;
  if (host === undefined || first < 0) return [];
  return bootOf({ vm, host, network: first + Math.floor(networkDraw * (end - first)), flavor });
}

function migrationSteps(cloud: Cloud, random: Random): readonly Step[] {
  const vm = anyVm(cloud, random);
  const mesh = cloud.meshes[cloud.hosts[vm?.host ?? 0]?.mesh ?? 0];
  const to = mesh === undefined ? undefined : random.pick(mesh.computeNodes);
  return vm === undefined || to === undefined ? [] : migrationOf(vm.index, to);
}

function onVm(cloud: Cloud, random: Random, acts: (vm: number) => readonly Act[]): readonly Step[] {
  const vm = anyVm(cloud, random);
  return vm === undefined ? [] : acts(vm.index).map((act) => ({ afterMs: 0, act }));
}

/** A machine of a host that is picked first: so that picking costs the same however large the cloud is. */
function anyVm(cloud: Cloud, random: Random) {
  const [hostDraw, vmDraw] = [random.below(cloud.hosts.length), random.float()];
  for (let n = 0; n < cloud.hosts.length; n++) {
    const host = cloud.hosts[(hostDraw + n) % cloud.hosts.length];
    if (host === undefined || host.vms.size === 0) continue;
    const index = [...host.vms][Math.floor(vmDraw * host.vms.size)];
    return index === undefined ? undefined : cloud.vms.get(index);
  }
  return undefined;
}

function steps(...timed: readonly (readonly [number, Act])[]): readonly Step[] {
  return timed.map(([afterMs, act]) => ({ afterMs, act }));
}
