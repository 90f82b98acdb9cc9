import fc from "fast-check";
import { expect, test } from "vitest";
import { BUILT_IN_PATTERNS, type LogFamily, type LogPattern } from "../../../agent/logs/log-pattern.ts";
import { MAX_LINE_CHARS, matchLines } from "../../../agent/logs/match-lines.ts";

const namesIn = (family: LogFamily, line: string) =>
  matchLines(line, BUILT_IN_PATTERNS[family]).map(({ pattern }) => pattern.name);

const REAL_LINES: readonly (readonly [LogFamily, string, readonly string[]])[] = [
  [
    "kernel",
    "Out of memory: Killed process 2212 (qemu-system-x86) total-vm:9012345kB, anon-rss:8388608kB, file-rss:0kB, shmem-rss:0kB, UID:64055 pgtables:17000kB oom_score_adj:0",
    ["oom-kill"],
  ],
  [
    "kernel",
    "Memory cgroup out of memory: Killed process 31 (stress) total-vm:300000kB, anon-rss:9000kB, file-rss:0kB, shmem-rss:0kB, UID:0 pgtables:60kB oom_score_adj:0",
    ["oom-kill"],
  ],
  ["kernel", "oom_reaper: reaped process 2212 (qemu-system-x86), now anon-rss:0kB, file-rss:0kB, shmem-rss:0kB", []],
  ["kernel", "nf_conntrack: nf_conntrack: table full, dropping packet", ["conntrack-full"]],
  ["kernel", "neighbour: arp_cache: neighbor table overflow!", ["neighbour-table-full"]],
  ["kernel", "mlx5_core 0000:3b:00.0 ens1f0: Link down", ["link-down"]],
  ["kernel", "ixgbe 0000:01:00.0 eth0: NIC Link is Up 10 Gbps, Flow Control: RX/TX", ["link-up"]],
  ["kernel", "bond0: (slave ens1f0): link status definitely down, disabling slave", ["link-down"]],
  ["kernel", "IPv6: ADDRCONF(NETDEV_UP): eth0: link is not ready", []],
  ["kernel", "NETDEV WATCHDOG: ens1f0 (ixgbe): transmit queue 3 timed out", ["transmit-timeout"]],
  ["kernel", "mce: [Hardware Error]: Machine check events logged", ["hardware-error"]],
  ["kernel", "EDAC MC0: 1 CE memory read error on CPU_SrcID#0_MC#0_Chan#0_DIMM#0", ["hardware-error"]],
  ["kernel", "EDAC MC: Ver: 3.0.0", []],
  ["kernel", "INFO: task qemu-system-x86:1234 blocked for more than 120 seconds.", ["hung-task"]],
  ["kernel", "watchdog: BUG: soft lockup - CPU#3 stuck for 22s! [ksoftirqd/3:30]", ["soft-lockup"]],
  [
    "kernel",
    "EXT4-fs error (device sda1): ext4_lookup:1785: inode #2: comm ls: deleted inode referenced: 12",
    ["filesystem-error"],
  ],
  ["kernel", "EXT4-fs (sda1): mounted filesystem with ordered data mode. Quota mode: none.", []],
  ["kernel", "XFS (dm-0): Corruption of in-memory data (0x8) detected at xfs_trans_cancel", ["filesystem-error"]],
  ["kernel", "XFS (dm-0): Mounting V5 Filesystem", []],
  [
    "kernel",
    "blk_update_request: I/O error, dev sdb, sector 1024 op 0x0:(READ) flags 0x0 phys_seg 1 prio class 0",
    ["io-error"],
  ],
  ["kernel", "dnsmasq[812]: segfault at 10 ip 000055d0 sp 00007ffd error 4 in dnsmasq[55d0+50000]", ["segfault"]],
  ["kernel", "BUG: kernel NULL pointer dereference, address: 0000000000000008", ["kernel-bug"]],
  [
    "oslo",
    "2026-11-30 23:01:35.123 1234 ERROR nova.compute.manager [None req-1 - - - - -] [instance: 9] Failed",
    ["error"],
  ],
  ["oslo", '2026-11-30 23:01:35.123 1234 ERROR nova.compute.manager   File "manager.py", line 1, in x', []],
  ["oslo", "2026-11-30 23:01:35.123 1234 ERROR nova.compute.manager Traceback (most recent call last):", ["traceback"]],
  ["oslo", "2026-11-30 23:01:35.123 1234 CRITICAL nova [-] Unhandled error: ValueError", ["critical"]],
  ["rabbitmq", "missed heartbeats from client, timeout: 60s", ["missed-heartbeats"]],
  [
    "rabbitmq",
    "2026-11-30 23:01:35.123456+00:00 [error] <0.747.0> missed heartbeats from client, timeout: 60s",
    ["missed-heartbeats"],
  ],
  [
    "rabbitmq",
    "2026-11-30 23:01:35.123456+00:00 [error] <0.300.0> Mnesia('rabbit@ctl-1'): ** ERROR ** mnesia_event got {inconsistent_database, running_partitioned_network, 'rabbit@ctl-2'}",
    ["partition"],
  ],
  [
    "rabbitmq",
    "2026-11-30 23:01:35 [warning] <0.400.0> memory resource limit alarm set on node 'rabbit@ctl-1'.",
    ["resource-alarm"],
  ],
  ["rabbitmq", "2026-11-30 23:01:35 [info] <0.747.0> connection <0.747.0>: user 'nova' authenticated", []],
  ["oslo", "ERROR nova.compute.manager [None req-1 admin] Failed", ["error"]],
  ["oslo", "2026-11-30 23:01:35.123 1234 INFO nova.api [-] the word ERROR stands [here]", []],
  [
    "oslo",
    "2026-11-30 23:01:35.123 7 ERROR oslo.messaging._drivers.impl_rabbit [-] [9a] AMQP server on 10.0.0.5:5672 is unreachable: [Errno 111] ECONNREFUSED. Trying again in 1 seconds.",
    ["error", "amqp-unreachable"],
  ],
  ["ovs", "2026-11-30T23:01:35.123Z|00012|bridge|ERR|interface eth9: no such device", ["error"]],
  [
    "ovs",
    "2026-11-30T23:01:35.123Z|00013|timeval|WARN|Unreasonably long 2345ms poll interval (10ms user, 20ms system)",
    ["blocked"],
  ],
  [
    "ovs",
    "2026-11-30T23:01:35.123Z|00002|ovs_rcu(urcu2)|WARN|blocked 1000 ms waiting for handler1 to quiesce",
    ["blocked"],
  ],
  ["ovs", "2026-11-30T23:01:35.123Z|00014|bridge|INFO|bridge br-int: added interface tap1 on port 3", []],
  [
    "libvirt",
    "2026-11-30 23:01:35.123+0000: 812: error : virNetSocketReadWire:1791 : End of file while reading data: Input/output error",
    ["error"],
  ],
  ["libvirt", "2026-11-30 23:01:35.123+0000: 812: info : libvirt version: 9.0.0", []],
  ["qemu", "2026-11-30 23:01:35.123+0000: shutting down, reason=crashed", ["crashed"]],
  ["qemu", "2026-11-30 23:01:35.123+0000: shutting down, reason=shutdown", []],
];

test.each(REAL_LINES)("%s: %s", (family, line, names) => {
  expect(namesIn(family, line)).toEqual(names);
});

const patternOf = (parts: Partial<LogPattern>): LogPattern => ({
  name: "p",
  needles: undefined,
  expression: undefined,
  severity: "info",
  event: undefined,
  ...parts,
});

test("looking for plain texts first finds the same lines as trying each line", () => {
  const text = fc.array(fc.constantFrom("a", "b", "ab", "\n", "xx"), { maxLength: 60 }).map((parts) => parts.join(""));
  fc.assert(
    fc.property(text, (lines) => {
      const fast = matchLines(lines, [patternOf({ needles: ["ab", "xx"], expression: /ab.*b|x$/ })])[0];
      const slow = lines.split("\n").filter((it) => /ab|xx/.test(it) && /ab.*b|x$/.test(it));
      const each = matchLines(lines, [patternOf({ expression: /^(?=.*(?:ab|xx)).*(?:ab.*b|x$)/ })])[0];
      expect([fast?.count ?? 0, fast?.lines ?? []]).toEqual([slow.length, slow.slice(0, 20)]);
      expect(each?.count ?? 0).toBe(slow.length);
    }),
  );
});

test("only the beginning of a long line is looked at, and a line counts once whatever stands in it", () => {
  const needles = ["ERR"];
  const long = `${"x".repeat(MAX_LINE_CHARS)}ERR`;
  expect(matchLines(`${long}\nERR ERR ERR\n`, [patternOf({ needles })])).toEqual([
    { pattern: patternOf({ needles }), count: 1, lines: ["ERR ERR ERR"] },
  ]);
});

test("a line made to be searched through again and again is looked through once", () => {
  const texts = ["AMQP server ", "EDAC  ", "AER: ", "EXT4-fs (", "task ", "OOM Killed process "].map((it) =>
    it.repeat(700),
  );
  const patterns = [...BUILT_IN_PATTERNS.oslo, ...BUILT_IN_PATTERNS.kernel];
  // A repetition without a bound behind a needle that may stand anywhere takes time that grows with the square.
  const unbounded = patterns.filter(({ expression }) =>
    /[^[]\.[*+]/.test(expression?.source.replace(/^\^.*/, "") ?? ""),
  );
  expect(unbounded.map(({ name }) => name)).toEqual([]);
  expect(matchLines(texts.join("\n"), BUILT_IN_PATTERNS.oslo)).toEqual([]);
});
