import { Type } from "typebox";
import { WATCHED_PROCESSES } from "../../agent/processes/watched-processes.ts";
import { LogsSection } from "./agent-logs.ts";
import { FabricSection } from "./fabric-schema.ts";
import { closed, number, optionalText, secretFile, section, text } from "./schema-words.ts";

/** What the agent of this host does, in `nephoscope up` and in `nephoscope agent`. */
export const AgentSection = section({
  enabled: Type.Boolean({ description: "observe this host in `nephoscope up`", default: true }),
  collector_url: text("where `nephoscope agent` reports to", "http://127.0.0.1:8642"),
  token: optionalText("bearer token of this agent"),
  token_file: secretFile,
  ca_file: optionalText("PEM file with the authority of the collector's certificate, when it is a private one"),
  cluster: optionalText("cluster this host belongs to; the collector's own when left out"),
  location: Type.Optional(
    Type.Object(
      {
        region: text("region this machine stands in"),
        zone: text("availability zone"),
        rack: text("rack"),
      },
      closed,
    ),
  ),
  metadata: Type.Record(Type.String({ minLength: 1 }), Type.Unknown(), {
    description: "what people want to know of this host: attributes `metadata.…` of its node",
    default: {},
  }),
  interval_seconds: number("time between samples", { default: 10, minimum: 1, maximum: 300 }),
  top_processes: number("processes reported by CPU use", { default: 10, minimum: 0, maximum: 200 }),
  process_cpu_threshold: number("share of one core above which a process is always reported", {
    default: 0.05,
    minimum: 0,
    maximum: 1,
  }),
  watch_processes: Type.Array(text("name of a process; * stands for any letters"), {
    description: "processes that are always reported, and whose end and restart are events",
    default: [...WATCHED_PROCESSES],
  }),
  watch_sysctls: Type.Array(text("as sysctl(8) names it"), {
    description: "kernel settings compared with the configured ones, besides those that always are",
    default: [],
  }),
  amqp_ports: Type.Array(number("TCP port", { minimum: 1, maximum: 65_535 }), {
    description: "ports of the message broker, to find connections that are silent beyond their heartbeat",
    default: [5672, 5671],
  }),
  amqp_heartbeat_seconds: number("heartbeat of the services' connections to the message broker", {
    default: 60,
    minimum: 1,
    maximum: 3_600,
  }),
  memory_overcommit_limit: number("how many times this host's memory may be promised to machines", {
    default: 1.2,
    minimum: 0.1,
    maximum: 100,
  }),
  memory_reserved_megabytes: number("memory that this host keeps from machines", {
    default: 512,
    minimum: 0,
    maximum: 1_048_576,
  }),
  ovs_database_socket: text("socket of ovsdb-server", "/var/run/openvswitch/db.sock"),
  fabric: FabricSection,
  libvirt_run_folder: text("where libvirtd or virtqemud keep their sockets", "/run/libvirt"),
  guest_agents: Type.Boolean({
    description:
      "ask the agents inside of virtual machines, through libvirt's read-write socket, for file systems and load",
    default: true,
  }),
  connections_cpu_share: number("share of one core that counting each machine's connections may cost on average", {
    default: 0.01,
    minimum: 0.001,
    maximum: 0.5,
  }),
  neutron_state_folder: text("where Neutron's agents keep their state (`state_path`)", "/var/lib/neutron"),
  mesh: section({
    enabled: Type.Boolean({ description: "probe other agents, and answer them, for loss and delay", default: true }),
    port: number("UDP port that probes of other agents are answered on", {
      default: 8_643,
      minimum: 1,
      maximum: 65_535,
    }),
    underlay_address: optionalText("address that others probe; where tunnels end when left out"),
    overlay_addresses: Type.Array(text("address of this host within the tunnels"), {
      description: "besides those on bridges that have a tunnel as member",
      default: [],
      maxItems: 10,
    }),
  }),
  logs: LogsSection,
  state_folder: optionalText(
    "folder for what must outlive the agent: metrics and events that wait for the collector, how far logs were read",
  ),
  buffer_megabytes: number("metrics kept, in memory and on disk, while the collector is away", {
    default: 16,
    minimum: 1,
    maximum: 1_024,
  }),
});
