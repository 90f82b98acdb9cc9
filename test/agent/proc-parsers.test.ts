import { describe, expect, test } from "vitest";
import { conntrackPoint } from "../../agent/metrics/conntrack.ts";
import { cpuPoints } from "../../agent/metrics/cpu.ts";
import { diskPoint, parseDiskLine } from "../../agent/metrics/disk.ts";
import { localMounts } from "../../agent/metrics/filesystem.ts";
import { type InterfaceFacts, interfacePoints, isUp } from "../../agent/metrics/interface.ts";
import { memoryPoint } from "../../agent/metrics/memory.ts";
import { netstatPoint } from "../../agent/metrics/netstat.ts";
import { pressurePoints } from "../../agent/metrics/pressure.ts";
import { softnetPoints } from "../../agent/metrics/softnet.ts";
import { systemPoint } from "../../agent/metrics/system.ts";
import { epochMsOf } from "../../core/clock.ts";
import { formatPoint, type Point } from "../../core/line-protocol.ts";

const AT = epochMsOf(1000);
const lines = (points: readonly Point[]) => points.map((point) => formatPoint(point));
const STAT =
  "cpu  200 0 100 5000 10 0 5 7 3 0\ncpu0 150 0 60 2500 5 0 5 7 3 0\ncpu3 50 0 40 2500 5 0 0 0 0 0\nintr 9 1 2\nctxt 77\nbtime 1795219280\nprocesses 42\nprocs_running 2\nprocs_blocked 1\nsoftirq 3 0\n";

describe("the text of /proc becomes points", () => {
  test("cpu: ticks become seconds, offline CPUs leave gaps in the numbers", () => {
    expect(lines(cpuPoints(STAT, AT))).toEqual([
      "cpu,cpu=all user_s=2,nice_s=0,system_s=1,idle_s=50,iowait_s=0.1,irq_s=0,softirq_s=0.05,steal_s=0.07,guest_s=0.03 1000",
      "cpu,cpu=0 user_s=1.5,nice_s=0,system_s=0.6,idle_s=25,iowait_s=0.05,irq_s=0,softirq_s=0.05,steal_s=0.07,guest_s=0.03 1000",
      "cpu,cpu=3 user_s=0.5,nice_s=0,system_s=0.4,idle_s=25,iowait_s=0.05,irq_s=0,softirq_s=0,steal_s=0,guest_s=0 1000",
    ]);
  });

  test("system: load, scheduling and uptime", () => {
    const point = systemPoint({ loadavg: "0.52 0.58 0.59 1/97 1234\n", stat: STAT, uptime: "3497.43 6116.09\n" }, AT);
    expect(formatPoint(point)).toBe(
      "system load1=0.52,load5=0.58,load15=0.59,cpus=2i,context_switches=77i,forks=42i,processes_running=2i,processes_blocked=1i,uptime_s=3497.43 1000",
    );
  });

  test("mem: kB become bytes, huge pages are counts, what the kernel does not say is left out", () => {
    const meminfo =
      "MemTotal:       24682416 kB\nMemAvailable:   23715868 kB\nHugePages_Total:       4\nHugepagesize:       2048 kB\n";
    expect(formatPoint(memoryPoint(meminfo, "pgmajfault 1347\n", AT))).toBe(
      "mem total_bytes=25274793984i,available_bytes=24285048832i,hugepages_total=4i,hugepage_bytes=2097152i,major_faults=1347i 1000",
    );
  });

  test("pressure: microseconds become seconds; the line `full` may be missing", () => {
    expect(lines(pressurePoints("cpu", "some avg10=4.79 avg60=14.18 avg300=6.00 total=93245212\n", AT))).toEqual([
      "pressure,resource=cpu,type=some total_s=93.245212,avg10=4.79,avg60=14.18 1000",
    ]);
  });

  test("diskio: whole disks only, sectors are 512 bytes, loop and RAM disks are left out", () => {
    const text = [
      "   7       0 loop0 1 0 1 1 0 0 0 0 0 0 0",
      " 254       0 vda 100 5 20 9106 14 50 30 9706 3 6468 19117 3887 25 539584 279 1261 25",
      " 254       1 vda1 99 5 20 9106 14 50 30 9706 0 6468 19117",
      " 104       0 cciss/c0d0 1 0 2 0 0 0 0 0 0 0 0",
    ].join("\n");
    const wholeDisks = new Set(["loop0", "vda", "cciss!c0d0"]);
    const disks = text.split("\n").flatMap((line) => parseDiskLine(line, wholeDisks) ?? []);
    const none = { reads: undefined, writes: undefined };
    expect(lines(disks.map((disk) => diskPoint(disk, none, AT)))).toEqual([
      "diskio,device=vda reads=100i,read_bytes=10240i,read_time_s=9.106,writes=14i,write_bytes=15360i,write_time_s=9.706,in_flight=3i,io_time_s=6.468,weighted_io_time_s=19.117 1000",
      "diskio,device=cciss/c0d0 reads=1i,read_bytes=1024i,read_time_s=0,writes=0i,write_bytes=0i,write_time_s=0,in_flight=0i,io_time_s=0,weighted_io_time_s=0 1000",
    ]);
  });

  test("filesystem: never one that a server far away could hang; escaped paths; a device counts once", () => {
    const text = [
      "/dev/vda / ext4 rw 0 0",
      "proc /proc proc rw 0 0",
      "filer:/home /home nfs4 rw 0 0",
      "/dev/fuse /run/user/fuse fuse.sshfs rw 0 0",
      "/dev/vda /var/lib/docker ext4 rw 0 0",
      "/dev/sdb1 /mnt/my\\040disk xfs rw 0 0",
    ].join("\n");
    expect(localMounts(text)).toEqual([
      { device: "/dev/vda", mountpoint: "/", fstype: "ext4" },
      { device: "/dev/sdb1", mountpoint: "/mnt/my disk", fstype: "xfs" },
    ]);
  });

  test("softnet: hexadecimal; the CPU's own column numbers the row, old kernels have none", () => {
    const zeros = " 00000000".repeat(9);
    expect(lines(softnetPoints(`0000001f 00000002 00000001${zeros} 00000005 00000000\n`, AT))).toEqual([
      "softnet,cpu=5 processed=31i,dropped=2i,time_squeeze=1i 1000",
    ]);
    expect(lines(softnetPoints("00000001 00000000 00000000\n00000002 00000000 00000000\n", AT))).toEqual([
      "softnet,cpu=0 processed=1i,dropped=0i,time_squeeze=0i 1000",
      "softnet,cpu=1 processed=2i,dropped=0i,time_squeeze=0i 1000",
    ]);
  });

  test("netstat: values go by their header, whatever columns a kernel has", () => {
    const snmp =
      "Tcp: MaxConn ActiveOpens PassiveOpens CurrEstab RetransSegs\nTcp: -1 80 45 3 2\nUdp: InErrors RcvbufErrors\nUdp: 4 5\n";
    const netstat = "TcpExt: SyncookiesSent ListenDrops\nTcpExt: 0 9\nIpExt: InOctets\nIpExt: 1\n";
    expect(formatPoint(netstatPoint(snmp, netstat, AT))).toBe(
      "netstat tcp_established=3i,tcp_active_opens=80i,tcp_passive_opens=45i,tcp_retransmitted_segments=2i,tcp_listen_drops=9i,udp_receive_errors=4i,udp_receive_buffer_errors=5i 1000",
    );
  });

  test("conntrack: events are summed over CPUs by their header; the table without statistics still counts", () => {
    const stat =
      "entries  clashres insert_failed drop early_drop\n00000001  00000000 00000002 0000000a 00000000\n00000001  00000000 00000001 00000001 00000003\n";
    const texts = { netns: undefined, count: "7\n", max: "262144\n", buckets: "65536\n", stat };
    expect(formatPoint(conntrackPoint(texts, AT))).toBe(
      "conntrack count=7i,max=262144i,buckets=65536i,insert_failed=3i,drop=11i,early_drop=3i 1000",
    );
    const bare = { netns: undefined, count: "7\n", max: undefined, buckets: undefined, stat: undefined };
    expect(formatPoint(conntrackPoint(bare, AT))).toBe("conntrack count=7i 1000");
    const other = { netns: "qrouter-1", count: undefined, max: "262144\n", buckets: undefined, stat };
    expect(formatPoint(conntrackPoint(other, AT)), "a namespace that is not entered").toBe(
      "conntrack,netns=qrouter-1 count=1i,max=262144i,insert_failed=3i,drop=11i,early_drop=3i 1000",
    );
  });
});

describe("net_if", () => {
  const HEADER =
    "Inter-|   Receive                                                |  Transmit\n face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed\n";
  const facts: InterfaceFacts = { kind: "nic", up: true, mtuBytes: 1500, speedMbps: 25_000, carrierChanges: "2" };

  test.each([
    ["a counter that touches the colon", "  eth0:562370811 1 2 3 0 0 0 0 5 6 7 8 0 0 0 0", "eth0", 562370811],
    ["a name with a colon", "eth0:1:  12 1 2 3 0 0 0 0 5 6 7 8 0 0 0 0", "eth0:1", 12],
  ])("%s", (_, line, name, bytes) => {
    const factsOf = (asked: string) => (asked === name ? facts : undefined);
    expect(lines(interfacePoints(`${HEADER}${line}\n`, "qrouter-1", factsOf, AT))).toEqual([
      `net_if,interface=${name},kind=nic,netns=qrouter-1 rx_bytes=${bytes}i,rx_packets=1i,rx_errors=2i,rx_dropped=3i,tx_bytes=5i,tx_packets=6i,tx_errors=7i,tx_dropped=8i,carrier_changes=2i,up=1i,speed_bps=25000000000i,mtu_bytes=1500i 1000`,
    ]);
  });

  test.each([
    ["up", true, true],
    ["up", false, true],
    ["unknown", true, true],
    ["unknown", false, false],
    ["down", true, false],
    ["lowerlayerdown", true, false],
  ])("operational state %s with carrier %s is up: %s", (operstate, carrier, expected) => {
    expect(isUp(operstate, carrier)).toBe(expected);
  });
});
