import { freeAddress } from "../cloud/build.ts";
import type { Cloud, Host, HostCondition, Vm } from "../cloud/cloud.ts";
import { hostAt, networkAt } from "../cloud/identity.ts";
import { carriedAfter } from "../metrics/traffic.ts";
import type { Act } from "./act.ts";

/**
 * Changes the cloud, `nowMs` after it began. What cannot happen any more (the machine is gone, the host has no power,
 * the subnet is used up) does not happen: true is given when it did.
 */
export function perform(cloud: Cloud, act: Act, nowMs: number): boolean {
  switch (act.kind) {
    case "boot":
      return boot(cloud, act, nowMs);
    case "start":
      return changeVm(cloud, act.vm, (vm) => (vm.state === "building" ? { ...vm, state: "running" } : undefined));
    case "delete":
      return remove(cloud, act.vm, nowMs);
    case "resize":
      return changeVm(cloud, act.vm, (vm) =>
        vm.flavor === act.flavor ? undefined : { ...vm, flavor: act.flavor, startedMs: nowMs },
      );
    case "migrate":
      return migrate(cloud, act, nowMs);
    case "migrated":
      return migrated(cloud, act.vm, nowMs);
    case "secure":
      return changeVm(cloud, act.vm, (vm) => ({ ...vm, securityRevision: vm.securityRevision + 1 }));
    case "tap":
      return changeTap(cloud, act.vm, act.present);
    case "network":
      networkAt(cloud, act.network).fault = act.fault;
      return true;
    default:
      return changeHost(hostAt(cloud, act.host), act, nowMs);
  }
}

type HostAct = Extract<Act, { readonly host: number }>;

function changeHost(host: Host, act: Exclude<HostAct, { kind: "boot" }>, nowMs: number): boolean {
  const condition = conditionAfter(host.condition, act, nowMs);
  host.condition = condition;
  return true;
}

function conditionAfter(was: HostCondition, act: Exclude<HostAct, { kind: "boot" }>, nowMs: number): HostCondition {
  switch (act.kind) {
    case "nic":
      return { ...was, downNics: withMember(was.downNics, act.nic, !act.up) };
    case "mtu":
      return { ...was, mtu: act.mtu };
    case "tunnel-peer":
      return { ...was, unknownPeers: withMember(was.unknownPeers, act.peer, !act.known) };
    case "session":
      return sessionAfter(was, act, nowMs);
    case "controller":
      return { ...was, controllerConnected: act.connected };
    case "ovs-restart":
      return { ...was, ovsRestarts: was.ovsRestarts + 1, ovsStartedMs: nowMs, controllerConnected: false };
    case "release":
      return { ...was, release: act.release };
    case "power":
      if (act.on === was.powered) return was;
      if (!act.on) return { ...was, powered: false, agentRunning: false, meshSilent: [], meshRefused: [] };
      return {
        ...{ ...was, powered: true, agentRunning: true, missingProcesses: [], oomKills: 0 },
        ...{ boots: was.boots + 1, bootedMs: nowMs, ovsStartedMs: nowMs },
      };
    case "agent":
      // One that starts knows of nobody yet.
      return { ...was, agentRunning: act.running && was.powered, meshSilent: [], meshRefused: [] };
    case "unreached":
      return { ...was, meshSilent: act.silent, meshRefused: act.refused };
    case "reach":
      return { ...was, reachable: act.reachable };
    case "process":
      return { ...was, missingProcesses: withMember(was.missingProcesses, act.name, !act.running) };
    case "oom-kill":
      return { ...was, oomKills: was.oomKills + 1 };
    case "clock":
      return { ...was, clockSkewMs: act.skewMs };
    case "load":
      return { ...was, surges: surgesAfter(was, act, nowMs) };
  }
}

function sessionAfter(was: HostCondition, act: Extract<Act, { kind: "session" }>, nowMs: number): HostCondition {
  const lostSessions = withMember(was.lostSessions, act.peer, !act.up);
  if (lostSessions.length === was.lostSessions.length) return was;
  const times = (was.sessionsLostBefore.get(act.peer)?.times ?? 0) + (act.up ? 0 : 1);
  const sessionsLostBefore = new Map(was.sessionsLostBefore).set(act.peer, { times, sinceMs: nowMs });
  return { ...was, lostSessions, sessionsLostBefore };
}

/** A factor of 1 ends what was; surges that are over stay, since counters remember them. */
function surgesAfter(was: HostCondition, act: Extract<Act, { kind: "load" }>, nowMs: number): HostCondition["surges"] {
  const ended = was.surges.map((surge) =>
    surge.load === act.load && surge.untilMs === undefined ? { ...surge, untilMs: nowMs } : surge,
  );
  if (act.factor === 1) return ended;
  return [...ended, { load: act.load, factor: act.factor, sinceMs: nowMs, untilMs: undefined }];
}

function withMember<T extends number | string>(list: readonly T[], member: T, isIn: boolean): readonly T[] {
  const others = list.filter((each) => each !== member);
  return isIn ? [...others, member].sort((a, b) => (a < b ? -1 : 1)) : others;
}

function boot(cloud: Cloud, act: Extract<Act, { kind: "boot" }>, nowMs: number): boolean {
  const [host, network] = [hostAt(cloud, act.host), networkAt(cloud, act.network)];
  const address = freeAddress(network);
  if (address === undefined || !host.condition.powered || cloud.vms.has(act.vm)) return false;
  network.taken.add(address);
  arrive(cloud, host, act.vm, nowMs);
  cloud.vms.set(act.vm, {
    index: act.vm,
    network: network.index,
    address,
    flavor: act.flavor,
    host: host.index,
    target: undefined,
    state: "building",
    tapLost: false,
    securityRevision: 0,
    bornMs: nowMs,
    startedMs: nowMs,
  });
  return true;
}

function remove(cloud: Cloud, index: number, nowMs: number): boolean {
  const vm = cloud.vms.get(index);
  if (vm === undefined || !hostAt(cloud, vm.host).condition.powered) return false;
  cloud.vms.delete(index);
  networkAt(cloud, vm.network).taken.delete(vm.address);
  leave(cloud, hostAt(cloud, vm.host), index, nowMs);
  if (vm.target !== undefined) leave(cloud, hostAt(cloud, vm.target), index, nowMs);
  return true;
}

function migrate(cloud: Cloud, { vm: index, to }: Extract<Act, { kind: "migrate" }>, nowMs: number): boolean {
  const vm = cloud.vms.get(index);
  const target = hostAt(cloud, to);
  if (vm === undefined || vm.state !== "running" || vm.target !== undefined || vm.host === to) return false;
  if (!target.condition.powered || !hostAt(cloud, vm.host).condition.powered) return false;
  arrive(cloud, target, index, nowMs);
  cloud.vms.set(index, { ...vm, target: to });
  return true;
}

function migrated(cloud: Cloud, index: number, nowMs: number): boolean {
  const vm = cloud.vms.get(index);
  if (vm?.target === undefined) return false;
  leave(cloud, hostAt(cloud, vm.host), index, nowMs);
  cloud.vms.set(index, { ...vm, host: vm.target, target: undefined });
  return true;
}

function arrive(cloud: Cloud, host: Host, vm: number, nowMs: number): void {
  host.carriedBefore = carriedAfter(cloud, host, { vm, nowMs, arrives: true });
  host.vms.add(vm);
}

function leave(cloud: Cloud, host: Host, vm: number, nowMs: number): void {
  if (host.vms.delete(vm)) host.carriedBefore = carriedAfter(cloud, host, { vm, nowMs, arrives: false });
}

/** A device gets lost while its host is down, too. */
function changeTap(cloud: Cloud, index: number, present: boolean): boolean {
  const vm = cloud.vms.get(index);
  if (vm === undefined) return false;
  cloud.vms.set(index, { ...vm, tapLost: !present });
  return true;
}

function changeVm(cloud: Cloud, index: number, change: (vm: Vm) => Vm | undefined): boolean {
  const vm = cloud.vms.get(index);
  const changed = vm === undefined || !hostAt(cloud, vm.host).condition.powered ? undefined : change(vm);
  if (changed === undefined) return false;
  cloud.vms.set(index, changed);
  return true;
}
