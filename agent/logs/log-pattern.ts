import type { EventKind, EventSeverity } from "../../core/host-event.ts";

/** What a source's lines are written by, which decides what is looked for in them. */
export type LogFamily = "kernel" | "oslo" | "ovs" | "libvirt" | "qemu" | "rabbitmq";

/** A kind of line that is counted. */
export interface LogPattern {
  /** As in the label `pattern`. */
  readonly name: string;
  /**
   * Plain texts of which one stands in every line that fits: they are looked for first, in all lines at once, which is a
   * hundred times as fast as an expression on each. Undefined: the expression is tried on every line.
   */
  readonly needles: readonly string[] | undefined;
  /** Undefined: a line with a needle fits. */
  readonly expression: RegExp | undefined;
  readonly severity: EventSeverity;
  /** Undefined: counted only. */
  readonly event: EventKind | undefined;
}

/** Of links the kernel tells by netlink, too, whatever their driver writes: agent/events/link-events.ts. */
const COUNTED_ONLY = null;

const pattern = (
  name: string,
  severity: EventSeverity,
  needles: readonly string[],
  expression?: RegExp,
  event: EventKind | typeof COUNTED_ONLY = "log-match",
): LogPattern => ({ name, severity, needles, expression, event: event ?? undefined });

/**
 * Lines of the Linux kernel, by the words of its sources: mm/oom_kill.c, net/netfilter/nf_conntrack_core.c,
 * net/core/neighbour.c, kernel/hung_task.c, kernel/watchdog.c, kernel/rcu/tree_stall.h, block/blk-core.c, fs/ext4/super.c,
 * fs/xfs, net/sched/sch_generic.c, arch/x86/kernel/cpu/mce, drivers/edac, drivers/acpi/apei, and what the drivers of
 * network cards say of their links (ixgbe, i40e, ice, bnxt, mlx5, igb, e1000e, tg3, bonding).
 */
const KERNEL: readonly LogPattern[] = [
  pattern("oom-kill", "critical", ["Killed process "], /(?:[Oo]ut of memory|OOM).{0,80}Killed process \d+/, "oom-kill"),
  pattern("conntrack-full", "critical", ["table full, dropping packet"], /nf_conntrack: .{0,80}table full/),
  pattern("neighbour-table-full", "critical", ["neighbor table overflow", "neighbour table overflow"]),
  pattern(
    "link-down",
    "warning",
    ["ink is Down", "ink is down", ": Link down", "definitely down"],
    undefined,
    COUNTED_ONLY,
  ),
  pattern("link-up", "info", ["ink is Up", "ink is up", ": Link up", "definitely up"], undefined, COUNTED_ONLY),
  pattern("transmit-timeout", "critical", ["NETDEV WATCHDOG"]),
  pattern(
    "hardware-error",
    "critical",
    ["[Hardware Error]", "Machine check", "Machine Check", "EDAC ", "AER: "],
    /\[Hardware Error\]|[Mm]achine [Cc]heck (?:events|exception|:)|EDAC .{0,80} [CU]E |AER: .{0,80}rror/,
  ),
  pattern("hung-task", "critical", ["blocked for more than"], /task .{0,80} blocked for more than \d+ seconds/),
  pattern("soft-lockup", "critical", [
    "soft lockup",
    "hard LOCKUP",
    "Hard LOCKUP",
    "self-detected stall",
    "detected stalls on CPUs",
  ]),
  pattern(
    "filesystem-error",
    "critical",
    ["EXT4-fs error", "EXT4-fs (", "XFS (", "BTRFS error", "Remounting filesystem read-only"],
    /EXT4-fs (?:error|\(.{0,80}(?:rror|aborted|emounting))|XFS \(.{0,80}(?:orruption|rror|[Ss]hutting down|shutdown)|BTRFS error|Remounting filesystem read-only/,
  ),
  pattern("io-error", "critical", ["I/O error", "critical medium error", "critical target error"]),
  pattern("segfault", "warning", [" segfault at ", "general protection fault", " trap invalid opcode "]),
  pattern(
    "kernel-bug",
    "critical",
    ["BUG: ", "kernel BUG at", "Oops: ", "Kernel panic"],
    /kernel BUG at|Oops: |Kernel panic|BUG: (?!soft lockup)/,
  ),
];

/**
 * Lines of oslo.log as all OpenStack services are configured to write them: `<date> <time> <pid> <LEVEL> <logger> [<request>] …`.
 * The further lines of a traceback have the level and no brackets: a failure is one line, whatever its traceback is.
 * In the journal there is no date.
 */
const OSLO: readonly LogPattern[] = [
  pattern("error", "warning", ["ERROR "], /^(?:\S+ \S+ \d+ )?ERROR \S+ \[/),
  pattern("critical", "critical", ["CRITICAL "], /^(?:\S+ \S+ \d+ )?CRITICAL \S+ \[/),
  pattern("traceback", "warning", ["Traceback (most recent call last)"]),
  pattern(
    "amqp-unreachable",
    "critical",
    ["AMQP server"],
    /AMQP server (?:on )?\S+ (?:is )?unreachable|[Cc]annot connect to AMQP|AMQP server .{0,80}closed the connection/,
  ),
];

/** Lines of Open vSwitch: `<time>|<number>|<module>|<LEVEL>|<text>`; lib/timeval.c, lib/ovs-rcu.c. */
const OVS: readonly LogPattern[] = [
  pattern("error", "warning", ["|ERR|"]),
  pattern("emergency", "critical", ["|EMER|"]),
  pattern(
    "blocked",
    "warning",
    ["Unreasonably long ", "|blocked "],
    /Unreasonably long \d+ms poll interval|\|blocked \d+ ms waiting/,
  ),
];

/** Lines of libvirt: `<time>: <thread>: error : <function>:<line> : <text>` (src/util/virlog.c). */
const LIBVIRT: readonly LogPattern[] = [pattern("error", "warning", [": error : "], /^\S+ \S+: \d+: error : /)];

/** libvirt's log of each machine (src/qemu/qemu_domain.c). */
const QEMU: readonly LogPattern[] = [pattern("crashed", "critical", ["shutting down, reason=crashed"])];

/**
 * RabbitMQ of 3.6 to 4 (deps/rabbit/src/rabbit_reader.erl). What a client's heartbeat costs is told in a line of its own, below the one that
 * names the connection. The alarms have metrics, too; a partition has none before 3.12.
 */
const RABBITMQ: readonly LogPattern[] = [
  pattern("missed-heartbeats", "warning", ["missed heartbeats from client"]),
  pattern(
    "partition",
    "critical",
    ["Mnesia(", "rtition"],
    /Mnesia\(.{0,80}running_partitioned_network|[Pp]artial partition detected/,
  ),
  pattern("resource-alarm", "critical", ["resource limit alarm set"]),
];

export const BUILT_IN_PATTERNS: { readonly [family in LogFamily]: readonly LogPattern[] } = {
  kernel: KERNEL,
  oslo: OSLO,
  ovs: OVS,
  libvirt: LIBVIRT,
  qemu: QEMU,
  rabbitmq: RABBITMQ,
};
