/** Every machine's connections are counted this often, or less often when that would cost too much. */
const WALK_EVERY_MS = 60_000;

/** By the kernel since 6.16 and by `conntrack`, measured: see docs/adr. */
const COST_MS_PER_1000 = { file: 4, command: 6 } as const;

/** Before 6.16 the file is only read where its cost, which goes with the square, is small. */
const SMALL_TABLE = 5_000;

/**
 * - `file`: /proc/net/nf_conntrack. Before Linux 6.16 the kernel looks for the place where it stopped from the beginning of the table
 *   at each page of 4 KB ("Dumping all conntrack entries via proc interface can take hours": netfilter: nf_conntrack: speed up
 *   reads from nf_conntrack proc file).
 * - `command`: `conntrack -L` of conntrack-tools, which Neutron's agents need in any case; by netlink, without that flaw.
 */
export type WalkSource = keyof typeof COST_MS_PER_1000;

export interface WalkSources {
  /** `uname -r`. */
  readonly release: string;
  readonly hasFile: boolean;
  readonly hasCommand: boolean;
}

/** Undefined where entries cannot be had at a cost that is known. */
export function walkSourceOf({ release, hasFile, hasCommand }: WalkSources, entries: number): WalkSource | undefined {
  const [major = 0, minor = 0] = release.split(/[.-]/).map(Number);
  if (hasFile && (major > 6 || (major === 6 && minor >= 16))) return "file";
  if (hasCommand) return "command";
  return hasFile && entries <= SMALL_TABLE ? "file" : undefined;
}

/** What a walk over so many entries will cost in CPU time, of the kernel, of the child and of the agent; then it is measured. */
export function walkCostMs(source: WalkSource, entries: number): number {
  return (entries / 1_000) * COST_MS_PER_1000[source];
}

/** From the start of a walk to that of the next: so long that walks take no more than their share of one core. */
export function nextWalkAfterMs(costMs: number, cpuShare: number, everyMs = WALK_EVERY_MS): number {
  return Math.max(everyMs, costMs / cpuShare);
}
