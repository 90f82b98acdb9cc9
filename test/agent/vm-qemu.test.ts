import { expect, test } from "vitest";
import { isQemuName, parseQemuCommandLine } from "../../agent/vm/qemu-command-line.ts";
import { readMachine } from "../../agent/vm/qemu-machine.ts";
import { qemuProbe } from "../../agent/vm/qemu-probe.ts";
import { createQemuScan } from "../../agent/vm/qemu-scan.ts";
import { epochMsOf, systemClock } from "../../core/clock.ts";
import type { HostEvent } from "../../core/host-event.ts";
import type { Point } from "../../core/line-protocol.ts";
import { quietContext } from "./probe-context.ts";
import { recordedLog } from "./recorded-log.ts";
import { HOST_FILES, procOf, UUID } from "./vm-proc.ts";

const OPTIONS = { libvirtRunFolder: "/run/libvirt", guestAgent: true };
const ABSENT = { looked: Promise.resolve(), hasAnswered: false };
const depsOf = (files: { readonly [path: string]: string }) => ({
  host: "h",
  proc: procOf(files),
  clock: systemClock,
  log: recordedLog().log,
});

const line = (...args: readonly string[]) => args.map((arg) => `${arg}\0`).join("");

test.each([
  [
    "as libvirt writes it",
    line(
      "/usr/bin/qemu-system-x86_64",
      "-name",
      "guest=instance-1,debug-threads=on",
      "-machine",
      "pc-q35-7.2,usb=off",
      "-m",
      "size=196608k",
      "-smp",
      "2,sockets=2",
      "-uuid",
      UUID,
    ),
    { uuid: UUID, name: "instance-1", vcpus: 2, memoryMib: 192, machine: "pc-q35-7.2" },
  ],
  [
    "as by hand",
    line("qemu", "-name", "web", "-m", "4G", "--uuid", UUID.toUpperCase()),
    { uuid: UUID, name: "web", vcpus: 1, memoryMib: 4096, machine: undefined },
  ],
  [
    "with a comma in its name",
    line("qemu", "-name", "guest=a,,b,process=x", "-m", "512", "-smp", "cpus=4,cores=4"),
    { uuid: undefined, name: "a,b", vcpus: 4, memoryMib: 512, machine: undefined },
  ],
])("a command line %s is read", (_, text, told) => {
  expect(parseQemuCommandLine(text)).toEqual(told);
});

test("what names no machine is none", () => {
  expect(parseQemuCommandLine(line("qemu-system-x86_64", "-version"))).toBeUndefined();
  expect(["qemu-system-x86", "qemu-kvm", "kvm"].every(isQemuName)).toBe(true);
  expect(["qemu-ga", "qemu-img", "qemu-nbd", "kvm-nx-lpage-re", "node"].some(isQemuName)).toBe(false);
});

test("a process tells its taps by its open files and its processors by the names of its threads", () => {
  const commandLine = parseQemuCommandLine(HOST_FILES["/proc/7/cmdline"] ?? "");
  if (commandLine === undefined) throw new Error("not read");
  const machine = readMachine(procOf(HOST_FILES), { pid: "7", commandLine }, "/run/libvirt");
  expect(machine?.config.interfaces).toMatchObject([{ backend: "tap", target: "tap33333333-33" }]);
  expect(machine?.vcpuThreads).toEqual(new Map([[0, "8"]]));
  expect(machine?.startSeconds).toBe(10);
});

test("where libvirt left its definition, the machine has the labels that libvirt gives it", () => {
  const kept = `<domstatus><domain><name>by-hand</name><uuid>${UUID}</uuid><metadata><nova:instance><nova:owner><nova:project uuid='p1'/></nova:owner></nova:instance></metadata></domain></domstatus>`;
  const proc = procOf({ ...HOST_FILES, "/run/libvirt/qemu/by-hand.xml": kept });
  const commandLine = parseQemuCommandLine(HOST_FILES["/proc/7/cmdline"] ?? "");
  if (commandLine === undefined) throw new Error("not read");
  expect(readMachine(proc, { pid: "7", commandLine }, "/run/libvirt")?.config.nova?.projectId).toBe("p1");
});

test("processes that are known to be no machine are not read at every sample", async () => {
  const many = Object.fromEntries(Array.from({ length: 1_600 }, (_, n) => [`/proc/${n + 100}/comm`, "worker\n"]));
  const reads: string[] = [];
  const scan = createQemuScan(procOf({ ...HOST_FILES, ...many }, (path) => reads.push(path)));
  for (const nowMs of [0, 10_000]) expect(await scan.processes(nowMs)).toMatchObject([{ pid: "7" }]);
  reads.length = 0;
  expect(await scan.processes(20_000)).toMatchObject([{ pid: "7" }]);
  expect(reads).toEqual([]);
  expect(await scan.processes(60_000)).toMatchObject([{ pid: "7" }]);
  expect(reads.length, "all once a minute: a process may become another program").toBeGreaterThan(1_600);
});

test("a program that is started by a process seen before it became one is found the next time", async () => {
  const files: Record<string, string> = { ...HOST_FILES, "/proc/7/comm": "sh\n" };
  const scan = createQemuScan(procOf(files));
  expect(await scan.processes(0)).toEqual([]);
  files["/proc/7/comm"] = "qemu-system-x86\n";
  expect(await scan.processes(10_000)).toMatchObject([{ pid: "7" }]);
});

test("without libvirt a machine is counted, its traffic as it sees it, and its end is told", async () => {
  const files: Record<string, string> = { ...HOST_FILES };
  const [points, events]: [Point[], HostEvent[]] = [[], []];
  const session = await qemuProbe(OPTIONS, depsOf(files), ABSENT).detect(
    quietContext({ report: (event) => void events.push(event) }),
  );
  await session?.sample?.(epochMsOf(1), (point) => points.push(point));
  expect(points.find(({ measurement }) => measurement === "vm")).toMatchObject({
    tags: { vm_id: UUID },
    fields: { steal_s: 0.5, uptime_s: 10, mem_max_bytes: { int: 256 * 2 ** 20 }, io_write_bytes: { int: 8192 } },
  });
  expect(points.find(({ measurement }) => measurement === "vm_net")?.fields).toMatchObject({
    rx_bytes: { int: 20 },
    tx_bytes: { int: 1000 },
    tx_dropped: { int: 1 },
  });
  expect(session?.contribute?.({ host: "h", kernel: undefined }).elements).toHaveLength(1);
  for (const path of Object.keys(files)) if (path.startsWith("/proc/7/")) delete files[path];
  files["/proc/9/comm"] = "sh\n";
  await session?.sample?.(epochMsOf(2), () => {});
  await session?.ended;
  expect(session?.contribute?.({ host: "h", kernel: undefined }).elements).toEqual([]);
  expect(events.map(({ kind, element }) => [kind, element])).toEqual([["vm-stopped", `host/h/domain/${UUID}`]]);
});

test("beside a libvirt that has answered, processes are not told of, also when it answers only later", async () => {
  const presence = { looked: Promise.resolve(), hasAnswered: true };
  expect(await qemuProbe(OPTIONS, depsOf(HOST_FILES), presence).detect(quietContext())).toBeUndefined();
  const later = { looked: Promise.resolve(), hasAnswered: false };
  const session = await qemuProbe(OPTIONS, depsOf(HOST_FILES), later).detect(quietContext());
  expect(session?.contribute?.({ host: "h", kernel: undefined }).elements).toHaveLength(1);
  later.hasAnswered = true;
  expect(session?.contribute?.({ host: "h", kernel: undefined }).elements).toEqual([]);
  await session?.sample?.(epochMsOf(1), () => expect.unreachable());
  expect(await session?.ended).toMatch(/libvirt/);
});
