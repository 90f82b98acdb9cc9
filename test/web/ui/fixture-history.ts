import type { EpochMs } from "../../../core/clock.ts";
import type { Element } from "../../../core/element.ts";
import { hostId, interfaceId, ovsPortId } from "../../../core/element-id.ts";
import { apply, type Change, diff } from "../../../topology/model/change.ts";
import type { RecordedChange } from "../../../topology/model/revision.ts";
import { type Topology, topologyOf } from "../../../topology/model/topology.ts";
import { addVm, hostBuilder, uuidOf } from "./fixture-cloud.ts";

/** A topology that remembers, as the server's store does: enough for the page. */
export interface FixtureHistory {
  readonly beginsAt: EpochMs;
  now(): Topology;
  at(moment: number): Topology;
  changes(from: number, to: number): readonly RecordedChange[];
  revision(): number;
  /** Makes a revision of the step from the present state to the one given. */
  record(at: EpochMs, after: Topology): readonly Change[];
}

export function fixtureHistory(cluster: string, beginsAt: EpochMs, start: Topology): FixtureHistory {
  const recorded: RecordedChange[] = [];
  let current = start;
  let revision = 1;
  return {
    beginsAt,
    now: () => current,
    at: (moment) => {
      if (moment < beginsAt) return new Map();
      return apply(
        start,
        recorded.filter(({ at }) => at <= moment).map(({ change }) => change),
      );
    },
    changes: (from, to) => recorded.filter(({ at }) => from < at && at <= to),
    revision: () => revision,
    record: (at, after) => {
      const changes = diff(current, after);
      if (changes.length === 0) return changes;
      revision++;
      for (const [ordinal, change] of changes.entries()) {
        recorded.push({ revision, ordinal, at, knownAt: at, cluster, origin: "agent/fixture", change });
      }
      current = after;
      return changes;
    },
  };
}

/** What happens on a compute node in the hours before the page is opened; the same on every run. */
export function livelyPast(
  history: FixtureHistory,
  options: { cluster: string; host: string; vms: number; now: EpochMs },
): void {
  const { cluster, host, vms, now } = options;
  const minutesAgo = (minutes: number): EpochMs => (now - minutes * 60_000) as EpochMs;
  const steps: { readonly minutes: number; readonly change: (elements: Map<string, Element>) => void }[] = [];
  const step = (minutes: number, change: (elements: Map<string, Element>) => void): void => {
    steps.push({ minutes, change });
  };
  const nic = interfaceId(host, undefined, "ens1f1");
  step(170, (all) => patch(all, hostId(host), { kernel: "6.8.0-52-generic" }));
  for (const [index, minutes] of [150, 131, 118, 96, 74].entries())
    step(minutes, (all) => putVm(all, { cluster, host, index: vms + index }));
  step(88, (all) => patch(all, nic, { operstate: "DOWN", carrier: false }));
  step(86, (all) => patch(all, nic, { operstate: "UP", carrier: true }));
  step(52, (all) => dropVm(all, host, vms + 1));
  step(41, (all) => patch(all, interfaceId(host, undefined, "docker0"), { mtu: 1400 }));
  for (const [index, minutes] of [31, 30.6, 30.2, 29].entries())
    step(minutes, (all) => putVm(all, { cluster, host, index: vms + 5 + index }));
  step(22, (all) => dropVm(all, host, vms + 6));
  step(17, (all) => patch(all, interfaceId(host, undefined, "bond0"), { mtu: 1500, bond_lacp_rate: "fast" }));
  step(12, (all) => putVm(all, { cluster, host, index: vms + 20 }));
  step(9, (all) => dropVm(all, host, 2));
  step(7, (all) =>
    patch(all, interfaceId(host, undefined, "bond0.120"), { addresses: ["192.0.2.17/24", "192.0.2.18/24"] }),
  );
  step(5, (all) => {
    const tap = `tap${uuidOf(host, 5).slice(0, 11)}`;
    all.delete(interfaceId(host, undefined, tap));
    patch(all, ovsPortId(host, "br-int", tap), {
      error: `could not open network device ${tap} (No such device)`,
      link_state: "down",
    });
  });
  step(3, (all) => patch(all, nic, { operstate: "DOWN", carrier: false }));
  for (const { minutes, change } of steps.sort((a, b) => b.minutes - a.minutes)) {
    const elements = new Map<string, Element>(history.now());
    change(elements);
    history.record(minutesAgo(minutes), topologyOf(elements.values()));
  }
}

export function patch(all: Map<string, Element>, id: string, attributes: Element["attributes"]): void {
  const element = all.get(id);
  if (element !== undefined) all.set(id, { ...element, attributes: { ...element.attributes, ...attributes } });
}

export function putVm(all: Map<string, Element>, vm: { cluster: string; host: string; index: number }): void {
  const it = hostBuilder(vm.cluster, vm.host);
  addVm(it, vm.index);
  for (const element of it.elements()) all.set(element.id, element);
}

export function dropVm(all: Map<string, Element>, host: string, index: number): void {
  const uuid = uuidOf(host, index);
  for (const id of [...all.keys()]) if (id.includes(uuid) || id.includes(`tap${uuid.slice(0, 11)}`)) all.delete(id);
}
