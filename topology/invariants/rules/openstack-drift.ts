import type { Element } from "../../../core/element.ts";
import { type ElementId, elementIdOf, hostId, ownerHostOf } from "../../../core/element-id.ts";
import { OPENSTACK_ID } from "../../openstack-node.ts";
import { type Invariant, named, type Verdict } from "../invariant.ts";
import { joinInvariant, type LookUp } from "../join-invariant.ts";
import { isNode, textOf } from "./attribute-values.ts";

// What OpenStack says and what hosts have must be the same machines and ports. `neutron_port_not_bound` is the fourth of these.

/** Statuses of Nova in which a machine has a domain that runs. */
const RUNNING: ReadonlySet<string> = new Set(["ACTIVE", "PAUSED", "PASSWORD", "REBOOT"]);
/** States of a domain without a process. */
const ENDED: ReadonlySet<string> = new Set(["shutoff", "crashed", "nostate"]);

/** A machine that Nova says runs on a host has its domain there, and that runs, as far as the host tells of domains. */
export const vmNotOnHost: Invariant = joinInvariant({
  name: "vm_not_on_host",
  level: "critical",
  settleMs: 180_000,
  readsVolatile: false,
  reads: { vm: named("status", "@host"), domain: named("uuid", "state"), host: named("libvirt_version") },
  keysOf: (element) => {
    if (element.kind === "vm") return [element.id];
    return element.kind === "domain" ? machineOf(element) : [];
  },
  looksAt: (element) => {
    const host = element.kind === "vm" ? hostOf(element) : undefined;
    return host === undefined ? [] : [hostId(host)];
  },
  wrongWith: (members, _key, lookUp): Verdict | undefined => {
    const vm = members.find(({ kind }) => kind === "vm");
    const host = vm === undefined ? undefined : hostOf(vm);
    if (vm === undefined || host === undefined || !RUNNING.has(textOf(vm.attributes, "status") ?? "")) return undefined;
    const node = lookUp(hostId(host));
    if (node?.attributes.libvirt_version === undefined) return undefined;
    const domains = members.filter(({ kind }) => kind === "domain");
    const here = domains.find(({ id }) => ownerHostOf(id) === host);
    if (here !== undefined) {
      const state = textOf(here.attributes, "state") ?? "running";
      if (!ENDED.has(state)) return undefined;
      return { elements: [vm.id, here.id], detail: { reason: "not_running", host, state } };
    }
    const elsewhere = domains.flatMap(({ id }) => ownerHostOf(id) ?? []).toSorted();
    const detail = { reason: "no_domain", host };
    return { elements: [vm.id, node.id], detail: elsewhere.length === 0 ? detail : { ...detail, found_on: elsewhere } };
  },
});

/** A domain of Nova's is of a machine that Nova knows, as long as all of Nova's machines are known to us. */
export const domainUnknownToNova: Invariant = joinInvariant({
  name: "domain_unknown_to_nova",
  level: "warning",
  settleMs: 300_000,
  readsVolatile: false,
  reads: { vm: named(), domain: named("uuid", "@name"), service: named("servers") },
  keysOf: (element) => {
    if (element.kind === "vm") return [element.id];
    return element.kind === "domain" && isNova(element) ? machineOf(element) : [];
  },
  looksAt: (element) => (element.kind === "domain" && isNova(element) ? [OPENSTACK_ID] : []),
  wrongWith: (members, _key, lookUp) => {
    const domains = members.filter(({ kind }) => kind === "domain");
    if (domains.length === 0 || domains.length < members.length || !isWhole("servers", lookUp)) return undefined;
    return { elements: domains.map(({ id }) => id), detail: {} };
  },
});

/** A port in Open vSwitch that says whose it is, is of a port that Neutron knows, as long as all of Neutron's are known to us. */
export const ovsPortUnknownToNeutron: Invariant = joinInvariant({
  name: "ovs_port_unknown_to_neutron",
  level: "warning",
  settleMs: 300_000,
  readsVolatile: false,
  reads: { port: named(), "ovs-port": named("external_ids.iface-id"), service: named("ports") },
  keysOf: (element) => {
    if (element.kind === "port") return [element.id];
    return element.kind === "ovs-port" ? neutronPortOf(element) : [];
  },
  looksAt: (element) => (element.kind === "ovs-port" && neutronPortOf(element).length > 0 ? [OPENSTACK_ID] : []),
  wrongWith: (members, key, lookUp) => {
    const ports = members.filter(({ kind }) => kind === "ovs-port");
    if (ports.length === 0 || ports.length < members.length || !isWhole("ports", lookUp)) return undefined;
    return { elements: ports.map(({ id }) => id), detail: { port: key.slice(key.lastIndexOf("/") + 1) } };
  },
});

function isWhole(what: "servers" | "ports", lookUp: LookUp): boolean {
  return lookUp(OPENSTACK_ID)?.attributes[what] === "all";
}

/** Nova names its domains by instance_name_template, which hardly anybody sets. */
function isNova(domain: Element): boolean {
  return isNode(domain) && /^instance-[0-9a-f]{1,16}$/.test(domain.name);
}

function machineOf({ attributes }: Element): readonly ElementId[] {
  const uuid = textOf(attributes, "uuid");
  return uuid?.isWellFormed() ? [elementIdOf("vm", uuid.toLowerCase())] : [];
}

function neutronPortOf({ attributes }: Element): readonly ElementId[] {
  const port = textOf(attributes, "external_ids.iface-id");
  // Others than Neutron name their interfaces, too.
  return port !== undefined && /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(port)
    ? [elementIdOf("neutron", "port", port.toLowerCase())]
    : [];
}

function hostOf(vm: Element): string | undefined {
  return isNode(vm) && vm.host?.isWellFormed() && vm.host !== "" ? vm.host : undefined;
}
