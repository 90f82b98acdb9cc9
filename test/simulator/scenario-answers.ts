import {
  agentId,
  type ElementId,
  hostId,
  interfaceId,
  ovsBridgeId,
  ovsPortId,
  ownerHostOf,
} from "../../core/element-id.ts";
import type { Fault } from "../../simulator/scenarios/scenario.ts";
import type { InvariantName } from "../../topology/invariants/invariant.ts";
import type { Comparison, Group } from "../../topology/model/comparison/comparison.ts";

// What the topology alone is to say of each kind of fault, in the words of its truth.

/** A finding that is to stand while the fault lasts. */
export interface ExpectedFinding {
  readonly invariant: InvariantName;
  /** All among its elements. */
  readonly about: readonly ElementId[];
}

interface Answer {
  readonly findings?: (fault: Fault) => readonly ExpectedFinding[];
  /** Of the difference between before and while it lasts, as `groupText` writes them. */
  readonly groups?: (fault: Fault) => readonly string[];
}

const found = (invariant: InvariantName, ...about: readonly ElementId[]): ExpectedFinding => ({ invariant, about });
const changed = (...ids: readonly ElementId[]): string => `changed ${ids.toSorted().join(" ")}`;
const hostsIn = (ids: readonly ElementId[]) => ids.filter((id) => id.startsWith("host/") && id.split("/").length === 2);
const nameOf = (host: ElementId): string => ownerHostOf(host) ?? "";
const ofKind = (ids: readonly ElementId[], segment: string) => ids.filter((id) => id.split("/")[2] === segment);

/** Route reflectors that lost a session and are not among the lost themselves. */
function witnesses({ cause, symptoms }: Fault): readonly ElementId[] {
  const lost = new Set([...hostsIn(cause), ...hostsIn(symptoms)].map(nameOf));
  return ofKind(symptoms, "bgp").filter((id) => !lost.has(nameOf(id)));
}

function powerLoss(lost: (fault: Fault) => readonly ElementId[]): Answer {
  return {
    findings: (fault) => witnesses(fault).map((speaker) => found("bgp_session_down", speaker)),
    groups: (fault) => [changed(...witnesses(fault)), changed(...lost(fault).map((host) => agentId(nameOf(host))))],
  };
}

/** By the fault's kind; what is not here is not to be seen in the topology at all. */
const ANSWERS: { readonly [kind: string]: Answer } = {
  "host-power-loss": powerLoss(({ cause }) => cause),
  "rack-power-loss": powerLoss(({ symptoms }) => hostsIn(symptoms)),
  // Over before anything has settled.
  "host-reboot": {},
  "port-without-device": {
    findings: ({ cause, symptoms }) => [
      found("ovs_port_without_device", ...cause),
      found("domain_interface_without_backend", ...ofKind(symptoms, "domain")),
    ],
    groups: ({ cause, symptoms }) => [`gone ${ofKind(symptoms, "if").join(" ")}`, changed(...cause)],
  },
  "switch-flapping": { groups: ({ symptoms }) => [changed(...symptoms)] },
  "tunnel-half-open": {
    findings: ({ cause, symptoms }) => [found("tunnel_one_end", ...cause, ...ofKind(symptoms, "tunnel"))],
    groups: ({ cause }) => [changed(...cause)],
  },
  "mtu-mismatch": {
    findings: ({ cause, symptoms }) => [
      found("tunnel_mtu_too_large", ...cause.slice(1), ...ofKind(symptoms, "tunnel")),
    ],
    groups: ({ cause }) => {
      const host = nameOf(cause[0] ?? hostId(""));
      const nics = ["eth0", "eth1"].map((name) => interfaceId(host, undefined, name));
      return [changed(...cause, ...nics, ovsPortId(host, "br-ex", "bond0"))];
    },
  },
  "duplicate-ip": {
    findings: ({ cause }) => [found("duplicate_ip", ...cause)],
    groups: ({ cause, symptoms }) => [changed(...cause.slice(1)), changed(...symptoms.slice(2))],
  },
  "two-unbound-dhcp-servers": {
    findings: ({ cause }) => [found("dhcp_servers_collide", ...cause)],
    groups: ({ cause }) => [changed(...cause)],
  },
  "subnet-exhausted": {
    findings: ({ cause }) => [found("subnet_used_up", ...cause)],
    groups: ({ cause }) => [changed(...cause)],
  },
  "boot-storm": { groups: ({ symptoms }) => [changed(...symptoms)] },
  "clock-jump": { findings: ({ cause }) => [found("agent_clock_offset", ...cause)] },
  "silent-agent": { groups: ({ cause }) => [changed(...cause)] },
  "collector-unreachable": { groups: ({ symptoms }) => [changed(...symptoms)] },
  "service-gone": { groups: ({ symptoms }) => [changed(...symptoms)] },
  "planned-migration": { groups: ({ cause }) => cause.map((vm) => `moved ${vm}`) },
  "planned-upgrade": { groups: ({ symptoms }) => [changed(...hostsIn(symptoms))] },
  "ovs-restart": {
    groups: ({ cause }) => [
      changed(...cause.flatMap((host) => ["br-ex", "br-int", "br-tun"].map((name) => ovsBridgeId(nameOf(host), name)))),
    ],
  },
};

export function findingsOf(fault: Fault): readonly ExpectedFinding[] {
  return ANSWERS[fault.kind]?.findings?.(fault) ?? [];
}

/** `booted`: machines that were not there before. */
export function groupsOf(faults: readonly Fault[], booted: readonly ElementId[]): readonly string[] {
  return [
    ...faults.flatMap((fault) => ANSWERS[fault.kind]?.groups?.(fault) ?? []),
    ...booted.map((vm) => `appeared ${vm}`),
  ].toSorted();
}

export function groupTexts({ groups }: Comparison): readonly string[] {
  return groups.map(groupText).toSorted();
}

function groupText({ cause, members }: Group): string {
  switch (cause.kind) {
    case "changed":
      return changed(...members.map(({ id }) => id));
    case "silent":
      return `silent ${cause.host}`;
    default:
      return `${cause.kind} ${cause.roots.toSorted().join(" ")}`;
  }
}
