import { underlayAddress } from "../cloud/addresses.ts";
import type { Cloud, Host } from "../cloud/cloud.ts";
import { duties } from "../elements/namespace-elements.ts";
import { uuidOf } from "../random.ts";
import { clusterHosts } from "./nova-hosts.ts";
import { lastReport, type OpenStackObject, plainView, spacedSeconds, type View } from "./view.ts";

// Agents of Neutron. Source: OpenStack Networking API v2.0 reference, GET /v2.0/agents.

const REPORT_EVERY_MS = 30_000;
/** Neutron's `agent_down_time`. */
const DOWN_AFTER_MS = 75_000;

interface AgentKind {
  readonly order: number;
  readonly type: string;
  readonly binary: string;
  readonly topic: string;
}

const VSWITCH: AgentKind = {
  order: 0,
  type: "Open vSwitch agent",
  binary: "neutron-openvswitch-agent",
  topic: "N/A",
};
const L3: AgentKind = { order: 1, type: "L3 agent", binary: "neutron-l3-agent", topic: "l3_agent" };
const DHCP: AgentKind = { order: 2, type: "DHCP agent", binary: "neutron-dhcp-agent", topic: "dhcp_agent" };
const METADATA: AgentKind = { order: 3, type: "Metadata agent", binary: "neutron-metadata-agent", topic: "N/A" };

export const l3AgentUuid = (cloud: Cloud, host: number): string => uuidOf(cloud.seed, "agent", host, L3.order);
export const dhcpAgentUuid = (cloud: Cloud, host: number): string => uuidOf(cloud.seed, "agent", host, DHCP.order);

/** `at`: epoch milliseconds; whoever reported within the last 75 seconds is alive. */
export function agents(
  cloud: Cloud,
  cluster: number,
  at: number,
  view: View = plainView(cloud),
): readonly OpenStackObject[] {
  return clusterHosts(cloud, cluster).flatMap((host) => agentsOf(view, host, at));
}

export function agentsOf(view: View, host: Host, at: number): readonly OpenStackObject[] {
  const tunnels = {
    ...{ tunneling_ip: underlayAddress(host.index), tunnel_types: ["vxlan"], devices: host.vms.size },
    ...{ bridge_mappings: host.role === "network" ? { external: "br-ex" } : {}, l2_population: true },
    ...{ datapath_type: "system", in_distributed_mode: false, ovs_hybrid_plug: false, extensions: [] },
    ...{ arp_responder_enabled: true, enable_distributed_routing: false, log_agent_heartbeats: false },
  };
  const vswitch = agentObject(view, host, { ...VSWITCH, configurations: tunnels }, at);
  if (host.role === "compute") return [vswitch];
  const served = duties(view.cloud, host);
  const [routers, networks] = [served.routers.length, served.networks.length];
  const interfaces = served.routers.reduce((sum, router) => sum + router.networks.length, 0);
  return [
    vswitch,
    agentObject(view, host, { ...L3, configurations: l3Configuration(routers, interfaces) }, at),
    agentObject(view, host, { ...DHCP, configurations: dhcpConfiguration(networks) }, at),
    agentObject(view, host, { ...METADATA, configurations: METADATA_CONFIGURATION }, at),
  ];
}

const METADATA_CONFIGURATION = {
  nova_metadata_host: "100.64.0.1",
  nova_metadata_port: 8_775,
  metadata_proxy_socket: "/var/lib/neutron/metadata_proxy",
  log_agent_heartbeats: false,
};

function l3Configuration(routers: number, interfaces: number): OpenStackObject {
  return {
    ...{ agent_mode: "legacy", interface_driver: "openvswitch", handle_internal_only_routers: true },
    ...{ routers, interfaces, floating_ips: 0, ex_gw_ports: routers, log_agent_heartbeats: false },
  };
}

function dhcpConfiguration(networks: number): OpenStackObject {
  return {
    ...{ dhcp_driver: "neutron.agent.linux.dhcp.Dnsmasq", dhcp_lease_duration: 86_400 },
    ...{ networks, subnets: networks, ports: networks * 20, log_agent_heartbeats: false },
  };
}

function agentObject(
  view: View,
  host: Host,
  { order, type, binary, topic, configurations }: AgentKind & { readonly configurations: OpenStackObject },
  at: number,
): OpenStackObject {
  const reportedAt = lastReport(view, { host, daemon: binary, periodMs: REPORT_EVERY_MS }, at);
  const startedAt = view.wallOf(host.condition.bootedMs ?? -40 * 86_400_000);
  const hasZone = type === "L3 agent" || type === "DHCP agent";
  return {
    id: uuidOf(view.cloud.seed, "agent", host.index, order),
    agent_type: type,
    binary,
    topic,
    host: view.names.neutron(host),
    alive: at - reportedAt < DOWN_AFTER_MS,
    admin_state_up: true,
    availability_zone: hasZone ? host.place.zone : null,
    heartbeat_timestamp: spacedSeconds(reportedAt),
    started_at: spacedSeconds(startedAt),
    created_at: spacedSeconds(view.wallOf(-300 * 86_400_000)),
    description: null,
    resources_synced: type === "Open vSwitch agent" ? true : null,
    configurations,
  };
}
