import type { AttributeValue } from "../../../core/element.ts";
import { type ElementId, hostId } from "../../../core/element-id.ts";
import { type Invariant, named } from "../invariant.ts";
import { localInvariant } from "../local-invariant.ts";
import { isNode, MAX_LISTED, numberOf, textOf, textsOf } from "./attribute-values.ts";

/**
 * One namespace has one DHCP server that takes what comes to UDP port 67 of any address: of two, each gets some of the
 * requests. `dhcp_servers` lists them as `<program>:unbound:67` or `<program>:bound:<interface>`; helpers that a server
 * forked are not in it, and servers of the same network on other hosts are in other namespaces.
 */
export const dhcpServersCollide: Invariant = localInvariant({
  name: "dhcp_servers_collide",
  level: "critical",
  settleMs: 60_000,
  readsVolatile: false,
  reads: { netns: named("dhcp_servers"), host: named("dhcp_servers") },
  wrongWith: ({ id, attributes }) => {
    const servers = textsOf(attributes, "dhcp_servers").filter((server) => /^[^:]+:unbound:67$/.test(server));
    return servers.length < 2 ? undefined : { elements: [id], detail: { servers: servers.slice(0, MAX_LISTED) } };
  },
});

const RUNNING = "sysctl.";
const CONFIGURED = "sysctl_configured.";

/** What runs is what the files say: else the next boot changes it. Settings in no file are nobody's promise. */
export const sysctlNotAsConfigured: Invariant = localInvariant({
  name: "sysctl_not_as_configured",
  level: "warning",
  settleMs: 180_000,
  readsVolatile: false,
  reads: { host: (name) => name.startsWith(RUNNING) || name.startsWith(CONFIGURED) },
  wrongWith: ({ id, attributes }) => {
    const differing = Object.keys(attributes)
      .filter((name) => name.startsWith(CONFIGURED))
      .map((name) => name.slice(CONFIGURED.length))
      .filter((name) => {
        const running = attributes[RUNNING + name];
        return running !== undefined && settingOf(running) !== settingOf(attributes[CONFIGURED + name]);
      });
    if (differing.length === 0) return undefined;
    const names = differing.toSorted();
    const listed = names
      .slice(0, MAX_LISTED)
      .map((name) => `${name}: ${settingOf(attributes[RUNNING + name])} ≠ ${settingOf(attributes[CONFIGURED + name])}`);
    return { elements: [id], detail: { settings: listed, count: names.length } };
  },
});

/** The kernel separates with tabs what people separate with spaces. */
function settingOf(value: AttributeValue | undefined): string {
  return String(value ?? "")
    .trim()
    .replaceAll(/\s+/g, " ");
}

/** What a port hears by LLDP is what it heard when somebody last said that the cabling is right. */
export const lldpNeighbourChanged: Invariant = localInvariant({
  name: "lldp_neighbour_changed",
  level: "warning",
  settleMs: 120_000,
  readsVolatile: false,
  reads: {
    nic: named("lldp_neighbour", "lldp_neighbour_baseline"),
    switchport: named("lldp_neighbour", "lldp_neighbour_baseline"),
  },
  wrongWith: ({ id, attributes }) => {
    const [heard, baseline] = [textOf(attributes, "lldp_neighbour"), textOf(attributes, "lldp_neighbour_baseline")];
    // Hearing nothing is what a link that is down does, and told elsewhere.
    if (heard === undefined || baseline === undefined || heard === baseline) return undefined;
    return { elements: [id], detail: { neighbour: heard, baseline } };
  },
});

const MAX_CLOCK_OFFSET_MS = 1_000;

/** An agent's clock is the collector's, to a second: past that, what happened when becomes a matter of correction. */
export const agentClockOffset: Invariant = localInvariant({
  name: "agent_clock_offset",
  level: "warning",
  settleMs: 120_000,
  readsVolatile: true,
  reads: { agent: named("clock_offset_ms") },
  wrongWith: (element) => {
    const offsetMs = numberOf(element.attributes, "clock_offset_ms");
    if (offsetMs === undefined || Math.abs(offsetMs) <= MAX_CLOCK_OFFSET_MS || !isNode(element)) return undefined;
    // To a tenth of a second: each measure is a little different, and the breach is the same.
    const detail = { clock_offset_ms: Math.round(offsetMs / 100) * 100 };
    return { elements: [element.id, ...hostsOf(element.host)], detail };
  },
});

function hostsOf(host: string | undefined): readonly ElementId[] {
  return host === undefined ? [] : [hostId(host)];
}
