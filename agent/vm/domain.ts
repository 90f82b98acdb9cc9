/** What a virtual machine is, whoever tells of it: libvirt, or its process where there is no libvirt. */
export interface DomainConfig {
  /** Also the id of Nova's server. */
  readonly uuid: string;
  /** `instance-0000002a` */
  readonly name: string;
  readonly vcpus: number | undefined;
  readonly memoryMib: number | undefined;
  /** `pc-q35-7.2` */
  readonly machine: string | undefined;
  /** From Nova's part of the definition; undefined: somebody else made the machine. */
  readonly nova: NovaMetadata | undefined;
  readonly interfaces: readonly DomainInterface[];
  readonly disks: readonly DomainDisk[];
  /** Bus addresses of devices of the host that it has to itself, sorted. */
  readonly hostDevices: readonly string[];
  /** Whether the agent inside has opened its channel. */
  readonly hasGuestAgent: boolean;
}

export interface NovaMetadata {
  readonly displayName: string | undefined;
  readonly projectId: string | undefined;
  readonly flavor: string | undefined;
  /** Neutron's ids. */
  readonly ports: readonly string[];
}

/** The words of the topology: `tap:tap12345678-9a`, `vf:0000:05:10.1`. */
export type BackendType = "tap" | "macvtap" | "vf" | "vhost-user";

export interface DomainInterface {
  readonly backend: BackendType;
  /** Name of the device or port, or bus address of the virtual function. */
  readonly target: string;
  /** Of the card in the guest. */
  readonly mac: string | undefined;
  /** Neutron's port; undefined when nobody says. */
  readonly portId: string | undefined;
}

export interface DomainDisk {
  /** `vda` */
  readonly device: string;
  /** What kind of storage is behind it: file, block, rbd, iscsi, nbd, nvme, volume, dir, vhostuser … */
  readonly kind: string;
  /** Path, pool and image, or address; undefined for an empty drive. */
  readonly source: string | undefined;
}

/** virDomainState */
const STATES: { readonly [state: number]: string } = {
  0: "unknown",
  1: "running",
  2: "blocked",
  3: "paused",
  4: "shutting-down",
  5: "shutoff",
  6: "crashed",
  7: "pmsuspended",
};

/** virDomainPausedReason; not told: that nobody knows, and that somebody asked for it. */
const PAUSED_REASONS: { readonly [reason: number]: string } = {
  2: "migration",
  3: "save",
  4: "dump",
  5: "io-error",
  6: "watchdog",
  7: "from-snapshot",
  8: "shutting-down",
  9: "snapshot",
  10: "crashed",
  11: "starting-up",
  12: "postcopy",
  13: "postcopy-failed",
};
const PAUSED = 3;
const PAUSED_FOR_MIGRATION = 2;

/** Word of the topology. A machine that waits for its migration's last step, or comes from elsewhere, is migrating. */
export function stateWord(state: number, reason: number): string {
  if (state === PAUSED && reason === PAUSED_FOR_MIGRATION) return "migrating";
  return STATES[state] ?? "unknown";
}

export function pausedReason(state: number, reason: number): string | undefined {
  return state === PAUSED ? PAUSED_REASONS[reason] : undefined;
}

/** Whether it has a process. */
export function isActive(state: number): boolean {
  return state !== 5 && state !== 6 && state !== 0;
}

/** The labels that every series of a machine has; they do not change while it lives. */
export function domainTags({ uuid, nova }: DomainConfig): { readonly vm_id: string; readonly project_id: string } {
  return { vm_id: uuid, project_id: nova?.projectId ?? "" };
}
