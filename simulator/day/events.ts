import type { Attributes } from "../../core/element.ts";
import { type ElementId, elementIdOf, hostId, interfaceId } from "../../core/element-id.ts";
import type { HostEvent } from "../../core/host-event.ts";
import { underlayAddress } from "../cloud/addresses.ts";
import type { Cloud, Host, Vm } from "../cloud/cloud.ts";
import { hostAt, instanceName, projectId, vmUuid } from "../cloud/identity.ts";
import { domainId } from "../elements/machine-elements.ts";
import { speakerId } from "../elements/overlay-elements.ts";
import { bootIdAfter, NICS } from "../elements/underlay-elements.ts";
import type { Act } from "./act.ts";

/** What the agent of a host finds out. `key`: as in core/host-event.ts. */
export interface Happening {
  readonly host: Host;
  readonly event: Omit<HostEvent, "at">;
}

/**
 * What agents will tell of an act, as real ones do in the same words, given that it happens: so it is asked before. Agents that
 * do not run tell nothing, but of their own start.
 */
export function happeningsOf(cloud: Cloud, act: Act): readonly Happening[] {
  return happenings(cloud, act).filter(
    ({ host, event: { kind } }) =>
      kind === "agent-started" || kind === "host-booted" || (host.condition.powered && host.condition.agentRunning),
  );
}

function happenings(cloud: Cloud, act: Act): readonly Happening[] {
  switch (act.kind) {
    case "start":
    case "delete":
    case "resize":
    case "migrated":
      return ofMachine(cloud, act);
    case "nic":
      return ofLink(hostAt(cloud, act.host), act);
    case "session":
      return ofSession(cloud, act);
    case "ovs-restart":
      return ovsRestarted(hostAt(cloud, act.host));
    case "process":
      return processEvents(hostAt(cloud, act.host), act);
    case "oom-kill":
      return killed(hostAt(cloud, act.host), act.name);
    case "release":
      return servicesRestarted(hostAt(cloud, act.host));
    case "power":
      return act.on ? booted(cloud, hostAt(cloud, act.host)) : [];
    case "agent":
      return act.running ? agentStarted(hostAt(cloud, act.host)) : [];
    default:
      return [];
  }
}

function ofMachine(
  cloud: Cloud,
  act: Extract<Act, { kind: "start" | "delete" | "resize" | "migrated" }>,
): readonly Happening[] {
  const vm = cloud.vms.get(act.vm);
  if (vm === undefined) return [];
  const here = hostAt(cloud, vm.host);
  const there = vm.target === undefined ? undefined : hostAt(cloud, vm.target);
  const said = (host: Host, kind: HostEvent["kind"], reason: string) => machineEvent(cloud, { host, vm, kind, reason });
  switch (act.kind) {
    case "start":
      return [said(here, "vm-started", "booted")];
    case "delete":
      return [
        said(here, "vm-stopped", "destroyed"),
        ...(there === undefined ? [] : [said(there, "vm-stopped", "did not arrive")]),
      ];
    case "resize":
      return [said(here, "vm-stopped", "shut down"), said(here, "vm-started", "booted")];
    case "migrated":
      return there === undefined
        ? []
        : [said(there, "vm-migrated-in", "migrated"), said(here, "vm-migrated-out", "migrated")];
  }
}

interface MachineTold {
  readonly host: Host;
  readonly vm: Vm;
  readonly kind: HostEvent["kind"];
  readonly reason: string;
}

function machineEvent(cloud: Cloud, { host, vm, kind, reason }: MachineTold): Happening {
  const attributes = { vm_id: vmUuid(cloud, vm.index), reason, project_id: projectId(cloud, vm.network) };
  const severity = reason === "did not arrive" ? "warning" : "info";
  const text = `${instanceName(vm)}: ${reason}`;
  return { host, event: { kind, element: domainId(cloud, host, vm), severity, text, attributes } };
}

/** A card, and the bond when its last leg goes or its first comes back. */
function ofLink(host: Host, { nic, up }: Extract<Act, { kind: "nic" }>): readonly Happening[] {
  const { downNics } = host.condition;
  if (downNics.includes(nic) !== up) return [];
  const others = NICS.filter((_, other) => other !== nic && !downNics.includes(other));
  return [NICS[nic] ?? NICS[0], ...(others.length === 0 ? ["bond0"] : [])].map((name) => ({
    host,
    event: {
      kind: up ? "link-up" : "link-down",
      element: interfaceId(host.name, undefined, name),
      severity: up ? "info" : "warning",
      text: up ? `${name} is up` : `${name} is down: no carrier`,
      attributes: { interface: name, operstate: up ? "up" : "down" },
    },
  }));
}

/** Both ends see it, as far as they run. */
function ofSession(cloud: Cloud, { host, peer, up }: Extract<Act, { kind: "session" }>): readonly Happening[] {
  if (hostAt(cloud, host).condition.lostSessions.includes(peer) !== up) return [];
  const ends = [
    [hostAt(cloud, host), hostAt(cloud, peer)],
    [hostAt(cloud, peer), hostAt(cloud, host)],
  ] as const;
  return ends.map(([own, other]) => {
    const address = underlayAddress(other.index);
    const text = `${address} (${other.name}): ${up ? "established" : "BFD down received"}`;
    const attributes: Attributes = { peer: address, ...(up ? {} : { session: "idle", admin_down: false }) };
    const kind = up ? "bgp-session-up" : "bgp-session-down";
    return {
      host: own,
      event: { kind, element: speakerId(own), severity: up ? "info" : "critical", text, attributes },
    };
  });
}

function ovsRestarted(host: Host): readonly Happening[] {
  const pid = 2_000 + ((host.index * 31 + host.condition.ovsRestarts * 977) % 30_000);
  return [
    {
      host,
      event: {
        kind: "ovs-restarted",
        element: hostId(host.name),
        severity: "warning",
        text: `ovs-vswitchd was started again, as process ${pid}`,
        attributes: {},
      },
    },
    processRestarted(host, "ovs-vswitchd"),
  ];
}

function processEvents(host: Host, { name, running }: Extract<Act, { kind: "process" }>): readonly Happening[] {
  if (host.condition.missingProcesses.includes(name) !== running) return [];
  const element = elementIdOf("host", host.name, "process", name);
  const told = { element, attributes: { process: name } };
  return running
    ? [{ host, event: { ...told, kind: "process-back", severity: "info", text: `${name} is running again` } }]
    : [
        {
          host,
          event: { ...told, kind: "process-missing", severity: "warning", text: `${name} is not running any more` },
        },
      ];
}

/** The kernel's words; systemd starts the service anew. */
function killed(host: Host, name: string): readonly Happening[] {
  const text = `Out of memory: Killed process ${1_000 + host.condition.oomKills} (${name.slice(0, 15)})`;
  const attributes = { pattern: "oom-kill", source: "kernel" };
  return [
    { host, event: { kind: "oom-kill", element: hostId(host.name), severity: "critical", text, attributes } },
    processRestarted(host, name),
  ];
}

/** With a release come the services of OpenStack. */
function servicesRestarted(host: Host): readonly Happening[] {
  const services = host.role === "network" ? ["neutron-l3-agent", "neutron-dhcp-agent"] : ["nova-compute"];
  return [...services, "neutron-openvswitch-agent"].map((comm) => processRestarted(host, comm));
}

function processRestarted(host: Host, comm: string): Happening {
  const element: ElementId = elementIdOf("host", host.name, "process", comm);
  const text = `${comm} was started anew`;
  return {
    host,
    event: { kind: "process-restarted", element, severity: "warning", text, attributes: { process: comm } },
  };
}

function booted(cloud: Cloud, host: Host): readonly Happening[] {
  if (host.condition.powered) return [];
  const bootId = bootIdAfter(cloud, host, host.condition.boots + 1);
  return [
    {
      host,
      event: {
        key: `boot-${bootId}`,
        kind: "host-booted",
        element: hostId(host.name),
        severity: "warning",
        text: `${host.name} booted`,
        attributes: { boot_id: bootId },
      },
    },
    startOf(host),
  ];
}

function agentStarted(host: Host): readonly Happening[] {
  return host.condition.powered && !host.condition.agentRunning ? [startOf(host)] : [];
}

function startOf(host: Host): Happening {
  const element = hostId(host.name);
  return {
    host,
    event: { kind: "agent-started", element, severity: "info", text: "agent simulated started", attributes: {} },
  };
}
