import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { stepVcpus, vcpuPoints } from "../../agent/vm/busy-vcpus.ts";
import type { DomainConfig } from "../../agent/vm/domain.ts";
import { runningPoints, seldomPoints } from "../../agent/vm/domain-points.ts";
import { parseDomainXml } from "../../agent/vm/domain-xml.ts";
import { filesystemPoints, guestAddresses, insidePoint, parseReturn } from "../../agent/vm/guest-agent-reply.ts";
import { guestViewOf } from "../../agent/vm/guest-view.ts";
import { readRecords } from "../../agent/vm/libvirt/protocol.ts";
import { XdrReader } from "../../agent/vm/libvirt/xdr-reader.ts";
import { readQemu } from "../../agent/vm/qemu-points.ts";
import { createToldMountpoints } from "../../agent/vm/told-mountpoints.ts";
import { epochMsOf } from "../../core/clock.ts";
import { VM_METRICS } from "../../core/metrics/vm-metrics.ts";
import { cataloguedWords, wordsOf } from "./catalogue-agreement.ts";
import { HOST_FILES, procOf } from "./vm-proc.ts";

const fixture = (name: string) => readFileSync(join(import.meta.dirname, "fixtures", name), "utf8");

/** `virDomainStats` of libvirt 9 and QEMU 7.2, as it came over the socket, and the definition of that machine. */
const [RECORD] = readRecords(new XdrReader(Buffer.from(fixture("libvirt-domain-stats.base64"), "base64")));
const CONFIG = parseDomainXml(fixture("libvirt-domain.xml"));
/** When it was recorded. */
const AT = epochMsOf(1_796_081_190_000);

function recorded() {
  if (RECORD === undefined || CONFIG === undefined) throw new Error("the recording cannot be read");
  const updated = Number(RECORD.params.get("balloon.last-update")) * 1000;
  return { record: RECORD, config: CONFIG, at: epochMsOf(updated), uptimeSeconds: 12.5 };
}

const CPUS = {
  type: "linux",
  cpu: 0,
  user: 7_810,
  nice: 0,
  system: 33_750,
  idle: 1_207_580,
  iowait: 1_120,
  irq: 0,
  softirq: 1_670,
  steal: 30,
};
const FILESYSTEMS = [
  { name: "vda", "total-bytes": 13_237_248, mountpoint: "/mnt", "used-bytes": 114_688, type: "ext4", disk: [] },
  { name: "loop0", "total-bytes": 1, mountpoint: "/snap", "used-bytes": 1, type: "squashfs", disk: [] },
  { name: "old", mountpoint: "/old", type: "ext4", disk: [] },
];

function everyPoint(config: DomainConfig) {
  const sample = recorded();
  const reading = { config, number: 0, timeSeconds: 1, delaySeconds: 1 };
  const later = epochMsOf(AT + 1_000);
  const busy = stepVcpus(stepVcpus(new Map(), [reading], AT), [{ ...reading, timeSeconds: 1.9 }], later);
  const machine = { pid: "7", config, startSeconds: 10, vcpuThreads: new Map([[0, "8"]]), functions: [] };
  const context = { pageBytes: 4096, uptimeSeconds: 20, netDev: HOST_FILES["/proc/net/dev"] ?? "", at: AT };
  const inside = insidePoint({ cpus: [CPUS], load: { load1m: 1, load5m: 1, load15m: 1 } }, config, AT);
  return [
    ...runningPoints(sample),
    ...seldomPoints(sample),
    ...vcpuPoints(busy),
    ...filesystemPoints(FILESYSTEMS, config, AT),
    ...(inside === undefined ? [] : [inside]),
    ...(readQemu(procOf(HOST_FILES), machine, context)?.points ?? []),
  ];
}

test("every measurement of machines is written with the words of the catalogue, and each word is written", () => {
  expect(wordsOf(everyPoint(recorded().config))).toEqual(cataloguedWords(Object.keys(VM_METRICS)));
});

test("what libvirt counted is told in seconds and bytes", () => {
  const [machine] = runningPoints(recorded());
  expect(machine?.tags).toEqual({ vm_id: RECORD?.domain.uuid, project_id: CONFIG?.nova?.projectId, flavor: "m1.tiny" });
  expect(machine?.fields).toMatchObject({ state: { int: 1 }, running: { int: 1 }, vcpus: { int: 2 } });
  const [memory, disk] = seldomPoints(recorded());
  expect(memory?.fields).toMatchObject({
    mem_allocated_bytes: { int: 192 * 2 ** 20 },
    mem_total_bytes: { int: 157_840 * 1024 },
  });
  expect(disk?.fields).toMatchObject({ capacity_bytes: { int: 16 * 2 ** 20 } });
});

test("what a guest said long ago of its memory is not told as of now", () => {
  const sample = recorded();
  const [memory] = seldomPoints({ ...sample, at: epochMsOf(sample.at + 600_000) });
  expect(memory?.fields).toMatchObject({
    mem_allocated_bytes: { int: 192 * 2 ** 20 },
    mem_usable_bytes: undefined,
    major_faults: undefined,
  });
});

test("of a machine that is off nothing is told but that it is off", () => {
  const sample = recorded();
  const params = new Map<string, number>([
    ["state.state", 5],
    ["vcpu.maximum", 2],
    ["cpu.time", 0],
  ]);
  const points = runningPoints({ ...sample, record: { ...sample.record, params }, uptimeSeconds: undefined });
  expect(points).toHaveLength(1);
  expect(points[0]?.fields).toMatchObject({ running: { int: 0 }, state: { int: 5 } });
  expect(points[0]?.fields.cpu_time_s).toBeUndefined();
});

test("an idle processor has no series; one that is busy or waits has, for five minutes", () => {
  const config = recorded().config;
  const reading = (number: number, timeSeconds: number, delaySeconds = 0) => ({
    config,
    number,
    timeSeconds,
    delaySeconds,
  });
  const told = (table: ReturnType<typeof stepVcpus>) => vcpuPoints(table).map(({ tags }) => tags.vcpu);
  let table = stepVcpus(new Map(), [reading(0, 5_000), reading(1, 100), reading(2, 100)], AT);
  expect(told(table), "nobody knows yet how busy they are").toEqual([]);
  table = stepVcpus(table, [reading(0, 5_001), reading(1, 109), reading(2, 101, 2)], epochMsOf(AT + 10_000));
  expect(told(table)).toEqual(["1", "2"]);
  const idle = [reading(0, 5_002), reading(1, 109), reading(2, 101, 2)];
  table = stepVcpus(table, idle, epochMsOf(AT + 200_000));
  expect(told(table)).toEqual(["1", "2"]);
  expect(told(stepVcpus(table, idle, epochMsOf(AT + 320_000)))).toEqual([]);
});

test("what the host counts on a tap is turned round, on a macvtap it is not", () => {
  const way = (bytes: number) => ({ bytes, packets: 1, errors: 0, dropped: 0 });
  const traffic = { rx: way(10), tx: way(20) };
  expect(guestViewOf("tap", traffic)).toEqual({ rx: way(20), tx: way(10) });
  expect(guestViewOf("vhost-user", traffic)).toEqual({ rx: way(20), tx: way(10) });
  expect(guestViewOf("macvtap", traffic)).toEqual(traffic);
});

test("libvirt tells of cards as the guest sees them, and what it cannot tell is not told as a number", () => {
  const sample = recorded();
  const params = new Map<string, number | string>([
    ["net.count", 1],
    ["net.0.name", "tap1"],
    ["net.0.rx.bytes", 10],
    ["net.0.rx.pkts", 11],
    ["net.0.tx.bytes", 20],
    ["net.0.tx.pkts", 21],
    ["net.0.rx.errs", -1],
    ["net.0.tx.errs", 2 ** 64 - 1],
  ]);
  const points = runningPoints({ ...sample, record: { ...sample.record, params }, uptimeSeconds: undefined });
  const card = points.find(({ measurement }) => measurement === "vm_net");
  expect(card?.fields).toEqual({
    rx_bytes: { int: 10 },
    rx_packets: { int: 11 },
    rx_errors: undefined,
    rx_dropped: undefined,
    tx_bytes: { int: 20 },
    tx_packets: { int: 21 },
    tx_errors: undefined,
    tx_dropped: undefined,
  });
});

test("a process whose threads have no names does not tell how long they waited; one that took over a number is no machine", () => {
  const { config } = recorded();
  const machine = { pid: "7", config, startSeconds: 10, vcpuThreads: new Map<number, string>(), functions: [] };
  const context = { pageBytes: 4096, uptimeSeconds: 20, netDev: "", at: AT };
  const [point] = readQemu(procOf(HOST_FILES), machine, context)?.points ?? [];
  expect(point?.fields).toMatchObject({ running: { int: 1 }, steal_s: undefined });
  expect(readQemu(procOf(HOST_FILES), { ...machine, startSeconds: 9 }, context)).toBeUndefined();
});

test("a guest is told of with what is its own, and cannot make series without end", () => {
  const { config } = recorded();
  expect(filesystemPoints(FILESYSTEMS, config, AT).map(({ tags }) => tags.mountpoint)).toEqual(["/mnt"]);
  const many = Array.from({ length: 500 }, (_, n) => ({ ...FILESYSTEMS[0], mountpoint: `/m${n}` }));
  expect(filesystemPoints(many, config, AT)).toHaveLength(20);
  const address = (ip: string) => ({ "ip-address": ip, prefix: 24, "ip-address-type": "ipv4" });
  const interfaces = [
    { name: "lo", "hardware-address": "00:00:00:00:00:00", "ip-addresses": [address("127.0.0.1")] },
    { name: "docker0", "hardware-address": "02:42:00:00:00:01", "ip-addresses": [address("172.17.0.1")] },
    {
      name: "eth0",
      "hardware-address": "FA:16:3E:00:00:2A",
      "ip-addresses": [address("10.99.0.2"), address("fe80::1")],
    },
  ];
  expect(guestAddresses(interfaces, config)).toEqual(["10.99.0.2/24"]);
});

test.each(["", "{", "[]", '{"error":{"class":"CommandNotFound"}}', "null", '{"return":{"supported_commands":"x"}}'])(
  "an agent that answers %j says nothing",
  (text) => {
    const answer = parseReturn(text);
    const { config } = recorded();
    expect(filesystemPoints(answer, config, AT)).toEqual([]);
    expect(insidePoint({ cpus: answer, load: answer }, config, AT)).toBeUndefined();
    expect(guestAddresses(answer, config)).toEqual([]);
  },
);

test("an answer of megabytes, or of a hundred thousand filesystems, holds nothing up", () => {
  expect(parseReturn(JSON.stringify({ return: "x".repeat(600_000) }))).toBeUndefined();
  let read = 0;
  const item = Object.defineProperty({}, "mountpoint", { get: () => void read++ });
  filesystemPoints(new Array(100_000).fill(item), recorded().config, AT);
  expect(read).toBeLessThan(2_000);
});

test("a guest that mounts at ever new places makes no series without end", () => {
  const mountpoints = createToldMountpoints();
  const told = Array.from({ length: 1_000 }, (_, n) => mountpoints.isTold("a", `/mnt/${n}`));
  expect(told.filter(Boolean)).toHaveLength(60);
  expect([mountpoints.isTold("a", "/mnt/0"), mountpoints.isTold("b", "/mnt/999")]).toEqual([true, true]);
  mountpoints.forgetAllBut(new Set(["b"]));
  expect(mountpoints.isTold("a", "/mnt/999")).toBe(true);
});
