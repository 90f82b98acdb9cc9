import { expect, test } from "vitest";
import { agentPoint } from "../../agent/agent-point.ts";
import { diskProbe } from "../../agent/metrics/disk-probe.ts";
import { hostProbes } from "../../agent/metrics/host-probes.ts";
import type { ProcReader } from "../../agent/proc-reader.ts";
import { processProbe } from "../../agent/processes/process-probe.ts";
import { epochMsOf, systemClock } from "../../core/clock.ts";
import type { Point } from "../../core/line-protocol.ts";
import { HOST_METRICS } from "../../core/metrics/host-metrics.ts";
import { cataloguedWords, uncataloguedPartOf, wordsOf } from "./catalogue-agreement.ts";
import { quietContext } from "./probe-context.ts";

const STAT_OF_1 =
  "1 (init) S 0 0 0 0 -1 4194560 40332 1127302 69 810 234 609 4261 625 20 0 12 0 10 50634752 5157 18446744073709551615 1\n";

/** A host that has every source there is. */
const FILES: { readonly [path: string]: string } = {
  "/proc/stat":
    "cpu  1 1 1 1 1 1 1 1 1 0\ncpu0 1 1 1 1 1 1 1 1 1 0\nctxt 1\nprocesses 1\nprocs_running 1\nprocs_blocked 1\n",
  "/proc/loadavg": "0 0 0 1/1 1\n",
  "/proc/uptime": "1.0 1.0\n",
  "/proc/meminfo":
    "MemTotal: 1 kB\nMemFree: 1 kB\nMemAvailable: 1 kB\nBuffers: 1 kB\nCached: 1 kB\nDirty: 1 kB\nSlab: 1 kB\nCommitted_AS: 1 kB\nSwapTotal: 1 kB\nSwapFree: 1 kB\nHugePages_Total: 1\nHugePages_Free: 1\nHugepagesize: 1 kB\n",
  "/proc/vmstat": "oom_kill 1\npgmajfault 1\n",
  "/proc/pressure/cpu": "some avg10=0.00 avg60=0.00 avg300=0.00 total=1\n",
  "/proc/pressure/memory": "some avg10=0.00 avg60=0.00 avg300=0.00 total=1\n",
  "/proc/pressure/io": "some avg10=0.00 avg60=0.00 avg300=0.00 total=1\n",
  "/proc/mounts": "/dev/root / ext4 rw 0 0\n",
  "/proc/net/softnet_stat": `00000001 00000002 00000003${" 00000000".repeat(10)}\n`,
  "/proc/net/snmp":
    "Tcp: CurrEstab ActiveOpens PassiveOpens RetransSegs\nTcp: 1 1 1 1\nUdp: InErrors RcvbufErrors\nUdp: 1 1\n",
  "/proc/net/netstat": "TcpExt: ListenDrops\nTcpExt: 1\n",
  "/proc/self/stat": STAT_OF_1,
  "/proc/1/stat": STAT_OF_1,
  "/proc/1/io": "rchar: 1\nread_bytes: 1\nwrite_bytes: 1\n",
  "/sys/block/vda/size": "8\n",
};
const FOLDERS: { readonly [path: string]: readonly string[] } = {
  "/sys/block": ["vda"],
  "/proc": ["1", "self", "net"],
};
let requests = 0;
/** Disks whose latency can be told have done something since they were looked at last. */
const diskstats = () => `254 0 vda ${++requests} 2 3 ${requests * 40} ${requests} 6 7 ${requests * 80} 9 10 11\n`;
const proc: ProcReader = {
  text: (path) => (path === "/proc/diskstats" ? diskstats() : FILES[path]),
  names: (path) => FOLDERS[path] ?? [],
  link: () => undefined,
};

/** Written by every host, from its files alone; the other sources have tests of their own. */
const MEASUREMENTS = [...Object.keys(HOST_METRICS), "agent"];

function probesOf(reader: ProcReader) {
  const processes = { host: "a", top: 5, cpuThreshold: 0.1, watched: [] };
  return [...hostProbes(reader), diskProbe(reader), processProbe(processes, { proc: reader, clock: systemClock })];
}

async function everyPoint(): Promise<readonly Point[]> {
  const probes = probesOf(proc);
  const points: Point[] = [];
  for (const probe of probes) {
    const session = await probe.detect(quietContext());
    await session?.sample?.(epochMsOf(1), (point) => points.push(point));
  }
  const counts = {
    bufferedBytes: 1,
    droppedLines: 1,
    rejectedLines: 1,
    topologyReads: 1,
    rssBytes: 1,
    droppedEvents: 1,
  };
  points.push({ ...agentPoint({ ...counts, sampleCpuSeconds: 0.1 }), at: epochMsOf(1) });
  return points;
}

test("every point is in the catalogue, with its tags and its fields and no others, and each of the catalogue is written", async () => {
  expect(wordsOf(await everyPoint())).toEqual(cataloguedWords(MEASUREMENTS));
});

test("a host that has none of the sources gives no points and no errors", async () => {
  const bare: ProcReader = { text: () => undefined, names: () => [], link: () => undefined };
  for (const probe of probesOf(bare)) {
    expect(await probe.detect(quietContext()), probe.name).toBeUndefined();
  }
});

test("a line that the catalogue does not know is told by its part", () => {
  expect(uncataloguedPartOf("cpu,cpu=0,host=a user_s=1,idle_s=2 3")).toBeUndefined();
  expect(uncataloguedPartOf("filesystem,mountpoint=/a\\ b,host=a files=1i 3")).toBeUndefined();
  expect(uncataloguedPartOf("nothing,host=a x=1 3")).toBe("measurement nothing");
  expect(uncataloguedPartOf("cpu,core=0,host=a user_s=1 3")).toBe("tag core of cpu");
  expect(uncataloguedPartOf("cpu,cpu=0,host=a user=1 3")).toBe("field user of cpu");
});
