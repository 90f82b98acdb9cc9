import type { EventKind } from "../../core/host-event.ts";
import type { CloudSize } from "./size.ts";

/**
 * The whole cloud as little as it takes: what is not here follows from the seed and an index. Elements, OpenStack
 * objects and metrics are made from it when they are asked for. It is changed by `perform` (day/perform.ts) alone.
 */
export interface Cloud {
  readonly seed: number;
  readonly size: CloudSize;
  /** Epoch milliseconds: where in the day it is. */
  readonly beganAt: number;
  readonly clusters: readonly Cluster[];
  readonly hosts: readonly Host[];
  readonly meshes: readonly Mesh[];
  readonly networks: readonly Network[];
  readonly routers: readonly Router[];
  /** By index; a deleted machine's index is not used again. */
  readonly vms: Map<number, Vm>;
  /** Machines of the first day have lower indexes. */
  readonly firstNewVm: number;
}

export interface Cluster {
  readonly index: number;
  /** Undefined: whatever the collector calls its own. */
  readonly name: string | undefined;
  /** Indexes of the first host and of the one after the last. */
  readonly hosts: Range;
}

/** From the first up to, but without, `end`. */
export interface Range {
  readonly first: number;
  readonly end: number;
}

export interface Place {
  readonly region: string;
  readonly zone: string;
  readonly rack: string;
}

export type Role = "compute" | "network";

export interface Host {
  readonly index: number;
  readonly name: string;
  readonly role: Role;
  readonly cluster: number;
  readonly mesh: number;
  readonly place: Place;
  /** Indexes of the machines that have a domain here, in the order they came. */
  readonly vms: Set<number>;
  condition: HostCondition;
  /** What its counters owe to machines that have left, less what those here had before they came. */
  carriedBefore: { readonly bytes: number; readonly packets: number };
  /** What its agent has told of since it was started, by kind. */
  eventCounts: ReadonlyMap<EventKind, number>;
}

/** What can differ from host to host while it runs; replaced, never changed. Healthy hosts share one object. */
export interface HostCondition {
  readonly powered: boolean;
  readonly agentRunning: boolean;
  /** Whether its agent and the collector can talk. */
  readonly reachable: boolean;
  /** Times it was started after the first. */
  readonly boots: number;
  readonly downNics: readonly number[];
  /** Of the underlay; undefined: `UNDERLAY_MTU`. */
  readonly mtu: number | undefined;
  /** Hosts, by index, that its tunnel end does not know. */
  readonly unknownPeers: readonly number[];
  /** Of a route reflector: hosts, by index, whose session is down. */
  readonly lostSessions: readonly number[];
  /** Of a route reflector: the sessions that were lost at least once, by the host they are with. */
  readonly sessionsLostBefore: ReadonlyMap<number, LostSession>;
  readonly ovsRestarts: number;
  /** Milliseconds since the cloud began; undefined: before it did. */
  readonly bootedMs: number | undefined;
  readonly ovsStartedMs: number | undefined;
  /** Names of hosts that do not answer its probes, and of those whose machine says that nobody listens; sorted. */
  readonly meshSilent: readonly string[];
  readonly meshRefused: readonly string[];
  readonly controllerConnected: boolean;
  /** Daemons that should run and do not; sorted. */
  readonly missingProcesses: readonly string[];
  /** Processes killed for want of memory since it was started. */
  readonly oomKills: number;
  readonly release: number;
  readonly clockSkewMs: number;
  readonly surges: readonly Surge[];
}

export interface LostSession {
  readonly times: number;
  /** When it came up last, in milliseconds since the cloud began; while it is down, when it was lost. */
  readonly sinceMs: number;
}

/** What metrics say more of from one moment on. */
export type Load = "cpu" | "traffic" | "connections" | "disk" | "memory" | "upcalls";

export interface Surge {
  readonly load: Load;
  readonly factor: number;
  /** Milliseconds since the cloud began. */
  readonly sinceMs: number;
  readonly untilMs: number | undefined;
}

export const HEALTHY: HostCondition = {
  powered: true,
  agentRunning: true,
  reachable: true,
  boots: 0,
  downNics: [],
  mtu: undefined,
  unknownPeers: [],
  lostSessions: [],
  sessionsLostBefore: new Map(),
  ovsRestarts: 0,
  bootedMs: undefined,
  ovsStartedMs: undefined,
  meshSilent: [],
  meshRefused: [],
  controllerConnected: true,
  missingProcesses: [],
  oomKills: 0,
  release: 0,
  clockSkewMs: 0,
  surges: [],
};

export interface Mesh {
  readonly index: number;
  readonly hosts: Range;
  readonly networkNodes: readonly number[];
  readonly computeNodes: readonly number[];
}

export interface Network {
  readonly index: number;
  readonly mesh: number;
  readonly cluster: number;
  readonly router: number;
  /** Network nodes with a DHCP server of it. */
  readonly dhcpHosts: readonly number[];
  /** Addresses of machines that are taken, as offsets in the subnet. */
  readonly taken: Set<number>;
  fault: NetworkFault | undefined;
}

export type NetworkFault =
  /** Its first DHCP namespace has this many servers, none bound to its interface. */
  | { readonly kind: "unbound-dhcp"; readonly servers: number }
  /** Its second DHCP port has the first one's address. */
  | { readonly kind: "duplicate-address" };

export interface Router {
  readonly index: number;
  readonly cluster: number;
  readonly host: number;
  readonly networks: readonly number[];
}

export interface Vm {
  readonly index: number;
  readonly network: number;
  /** Offset of its address in the subnet. */
  readonly address: number;
  readonly flavor: number;
  readonly host: number;
  /** Where it is migrating to. */
  readonly target: number | undefined;
  readonly state: "building" | "running";
  /** Its port is in Open vSwitch, its device is not. */
  readonly tapLost: boolean;
  /** Times its security groups were changed. */
  readonly securityRevision: number;
  /** Milliseconds since the cloud began; negative: before. */
  readonly bornMs: number;
  /** Its process was started then: its counters began anew. */
  readonly startedMs: number;
}

/** Whether the collector hears of this host. */
export function isSpeaking({ condition }: Host): boolean {
  return condition.powered && condition.agentRunning && condition.reachable;
}
