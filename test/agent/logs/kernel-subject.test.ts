import { expect, test } from "vitest";
import { parseKernelRecord, recordTime } from "../../../agent/logs/kernel-record.ts";
import { kernelSubject, memoryGroupOf } from "../../../agent/logs/kernel-subject.ts";
import { lineTime, writtenAt } from "../../../agent/logs/line-time.ts";
import { epochMsOf } from "../../../core/clock.ts";
import type { Element } from "../../../core/element.ts";
import { type ElementId, elementIdOf, hostId, interfaceId } from "../../../core/element-id.ts";

const HOST = "c-1";
const domain = elementIdOf("host", HOST, "domain", "11111111-2222-3333-4444-555555555555");
const nic = interfaceId(HOST, undefined, "ens1f0");
const elements = new Map<ElementId, Element>([
  [domain, { id: domain, kind: "domain", name: "instance-00000001", cluster: "", attributes: {} }],
  [nic, { id: nic, kind: "nic", name: "ens1f0", cluster: "", attributes: {} }],
]);
const OOM =
  "oom-kill:constraint=CONSTRAINT_NONE,nodemask=(null),cpuset=vcpu0,mems_allowed=0,global_oom,task_memcg=/machine.slice/machine-qemu\\x2d1\\x2dinstance\\x2d00000001.scope/libvirt/emulator,task=qemu-system-x86,pid=2212,uid=64055";
const KILLED = "Out of memory: Killed process 2212 (qemu-system-x86) total-vm:9012345kB, anon-rss:8388608kB";

test("a machine that was killed for want of memory is named by the scope that libvirt put it in", () => {
  const found = memoryGroupOf(OOM);
  expect(found?.pid).toBe("2212");
  const groups = new Map([["2212", found?.group ?? ""]]);
  expect(kernelSubject(KILLED, HOST, elements, groups)).toMatchObject({
    element: domain,
    attributes: { process: "qemu-system-x86" },
  });
  expect(kernelSubject(KILLED, HOST, elements, new Map()).element).toBe(hostId(HOST));
  expect(kernelSubject(KILLED, HOST, new Map(), groups).element).toBe(hostId(HOST));
});

test("a record of the kernel, its continuation and its escapes", () => {
  expect(parseKernelRecord("6,339,5140900,-;NET: Registered protocol\n SUBSYSTEM=net\n")).toEqual({
    facility: 0,
    sequence: 339,
    sinceBootMs: 5140.9,
    text: "NET: Registered protocol",
  });
  expect(parseKernelRecord("30,7,1,-,caller=T1;systemd\\x3a \\xe7\\xa3\\x81\\x0a!\n")).toMatchObject({
    facility: 3,
    text: "systemd: 磁 !",
  });
  expect(parseKernelRecord("nothing")).toBeUndefined();
});

test("a record is no younger than it was read and no older than the last look", () => {
  const now = epochMsOf(1_000_000);
  expect(recordTime(50_000, 60_000, now, undefined)).toBe(990_000);
  expect(recordTime(50_000, 60_000, now, epochMsOf(995_000))).toBe(995_000);
  expect(recordTime(70_000, 60_000, now, undefined)).toBe(1_000_000);
});

test.each([
  ["2026-11-30T23:01:35.123Z|00012|bridge|ERR|x", Date.UTC(2026, 10, 30, 23, 1, 35, 123)],
  ["2026-11-30 23:01:35.123+0800: 812: error : x", Date.UTC(2026, 10, 30, 15, 1, 35, 123)],
  ["2026-11-30 23:01:35.120 1 ERROR x", new Date(2026, 10, 30, 23, 1, 35, 120).getTime()],
  ["Nov 30 23:01:35 host kernel: x", undefined],
  ["2026-13-99 23:01:35 x", undefined],
])("the time of %s", (line, at) => {
  expect(lineTime(line)).toBe(at);
});

test("a line was written when it says, never after it was read", () => {
  const [said, later, now] = [epochMsOf(1_000), epochMsOf(9_000), epochMsOf(5_000)];
  expect([writtenAt(said, now), writtenAt(later, now), writtenAt(undefined, now)]).toEqual([said, now, now]);
});
