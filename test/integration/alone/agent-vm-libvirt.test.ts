import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startProbes } from "../../../agent/probe-runner.ts";
import { createProcReader } from "../../../agent/proc-reader.ts";
import { libvirtProbe } from "../../../agent/vm/libvirt-probe.ts";
import { systemClock } from "../../../core/clock.ts";
import { elementIdOf, hostId, interfaceId } from "../../../core/element-id.ts";
import type { HostEvent } from "../../../core/host-event.ts";
import { Lifetime } from "../../../core/lifetime.ts";
import { recordedLog } from "../../agent/recorded-log.ts";
import { eventually } from "../../fixtures/eventually.ts";
import { wrong } from "../../topology/invariants/judging.ts";
import { guestImage } from "../fixtures/guest-image.ts";
import { type Libvirtd, startLibvirtd } from "../fixtures/libvirtd.ts";
import { createTestNetwork, type TestNetwork } from "../fixtures/namespaces.ts";
import { HOST, type RunningAgent, startRunningAgent } from "../fixtures/running-agent.ts";
import { bareDomainXml, domainXml, makeDisk, newPort, PROJECT, type TestDomain } from "../fixtures/test-domain.ts";

// One guest, started once; each test takes it where the one before left it.

const lifetime = new Lifetime();
const events: HostEvent[] = [];
let libvirtd: Libvirtd;
let network: TestNetwork;
let agent: RunningAgent;
let domain: TestDomain;
let id: string;

beforeAll(async () => {
  const image = await guestImage();
  network = await createTestNetwork(lifetime);
  libvirtd = await startLibvirtd(lifetime);
  const vm = { libvirtRunFolder: libvirtd.runFolder, guestAgent: true };
  agent = await startRunningAgent(lifetime, { intervalMs: 1_000, vm });
  await listenToEvents();
  const disk = join(libvirtd.folder, "disk.img");
  await makeDisk(disk);
  domain = { uuid: crypto.randomUUID(), name: "instance-0000002a", mac: "fa:16:3e:00:00:2a", disk, ...newPort() };
  id = elementIdOf("host", HOST, "domain", domain.uuid);
  await libvirtd.define(domainXml(domain, image));
  await agent.node(id, ({ attributes }) => attributes.state === "shutoff");
  await libvirtd.virsh("start", domain.name);
});
afterAll(() => lifetime.end());

/** What a probe reports; the agent has no way yet to hand it on. */
async function listenToEvents(): Promise<void> {
  const { log } = recordedLog();
  const deps = { host: HOST, proc: createProcReader(), clock: systemClock, log };
  const { probe } = libvirtProbe({ libvirtRunFolder: libvirtd.runFolder, guestAgent: false }, deps);
  const told = { report: (event: HostEvent) => void events.push(event), changed: () => {}, elements: () => new Map() };
  await startProbes([probe], { ...deps, ...told, sampleDeadlineMs: 500 }, lifetime).ready;
}

const kindsOf = () => events.filter(({ element }) => element === id).map(({ kind }) => kind);

/** Lines of a measurement that are about this machine. */
function linesOf(measurement: string): readonly string[] {
  const lines = agent.collector.writes.flatMap((write) => write.lines);
  return lines.filter((line) => line.startsWith(`${measurement},`) && line.includes(domain.uuid));
}

/** The last value of a field; undefined when it was never written. */
function lastOf(measurement: string, field: string): number | undefined {
  const pattern = new RegExp(`[ ,]${field}=([\\d.]+)`);
  return linesOf(measurement)
    .flatMap((line) => pattern.exec(line)?.[1] ?? [])
    .map(Number)
    .at(-1);
}

/** Waits for a value that fits: until the guest has started, and then until it is asked again. */
const lastFits = (measurement: string, field: string, fits: (value: number) => boolean) =>
  eventually(() => fits(lastOf(measurement, field) ?? Number.NaN), {
    withinMs: 60_000,
    what: () => `${measurement}_${field}, which is ${lastOf(measurement, field)}`,
  });

test("a started machine is told with what Nova said of it, within a second, and its tap with its port", async () => {
  const node = await agent.node(id, ({ attributes }) => attributes.state === "running");
  expect(node).toMatchObject({
    kind: "domain",
    name: domain.name,
    parent: hostId(HOST),
    attributes: {
      uuid: domain.uuid,
      interfaces: [`tap:${domain.tap}`],
      vcpus: 2,
      memory_mib: 192,
      vm_name: "web & one",
      project_id: PROJECT,
      flavor: "m1.tiny",
      disks: [`vda:file:${domain.disk}`],
    },
  });
  const tap = interfaceId(HOST, undefined, domain.tap);
  expect(await agent.node(tap, ({ attributes }) => attributes["external_ids.iface-id"] !== undefined)).toMatchObject({
    kind: "tap",
    attributes: { "external_ids.iface-id": domain.portId, "external_ids.attached-mac": domain.mac },
  });
  expect(agent.linksOf("attached", tap)).toHaveLength(1);
  expect(await agent.node(hostId(HOST))).toMatchObject({
    attributes: { libvirt_version: expect.stringMatching(/^\d+\.\d+/) },
  });
  expect(kindsOf()).toEqual(["vm-started"]);
});

test("what the guest sends is what it is said to send, and what the host's tap receives", async () => {
  await lastFits("vm_net", "tx_bytes", (bytes) => bytes > 20_000);
  const tapLines = agent.collector.writes.flatMap(({ lines }) =>
    lines.filter((line) => line.includes(`interface=${domain.tap},kind`)),
  );
  const onHost = /rx_bytes=(\d+).*tx_bytes=(\d+)/.exec(tapLines.at(-1) ?? "");
  expect(Number(onHost?.[1]), "the host receives").toBeGreaterThan(10_000);
  expect(Number(onHost?.[2]), "the host sends").toBeLessThan(5_000);
  expect(lastOf("vm_net", "rx_bytes"), "the guest receives").toBeLessThan(5_000);
  expect(linesOf("vm_net").at(-1)).toContain(`interface=${domain.tap},project_id=${PROJECT}`);
});

test("memory as the guest counts it comes by the balloon, disks and processors from QEMU and the kernel", async () => {
  await lastFits("vm", "mem_usable_bytes", (bytes) => bytes > 50e6 && bytes < 192 * 2 ** 20);
  expect(lastOf("vm", "mem_total_bytes")).toBeGreaterThan(lastOf("vm", "mem_usable_bytes") ?? Infinity);
  expect(lastOf("vm", "mem_allocated_bytes")).toBe(192 * 2 ** 20);
  expect(lastOf("vm", "cpu_time_s")).toBeGreaterThan(1);
  expect(lastOf("vm", "steal_s")).toBeGreaterThan(0);
  expect(lastOf("vm", "uptime_s")).toBeGreaterThan(1);
  expect(lastOf("vm", "running")).toBe(1);
  expect(lastOf("vm_disk", "reads")).toBeGreaterThan(0);
  expect(lastOf("vm_disk", "capacity_bytes")).toBe(16 * 2 ** 20);
});

test("a processor of the machine that is busy is told of by itself", async () => {
  await lastFits("vm_vcpu", "time_s", (seconds) => seconds > 1);
  expect(linesOf("vm_vcpu").at(-1)).toMatch(/,vcpu=[01],/);
});

test("the agent in the guest tells of its file system, processors, name and addresses", async () => {
  await lastFits("vm_filesystem", "size_bytes", (bytes) => bytes > 5e6 && bytes < 17e6);
  expect(linesOf("vm_filesystem").at(-1)).toContain("mountpoint=/mnt");
  expect(lastOf("vm_guest", "cpu_system_s")).toBeGreaterThan(0);
  const isTold = (attributes: object) => "guest_addresses" in attributes;
  expect(await agent.node(id, ({ attributes }) => isTold(attributes))).toMatchObject({
    attributes: { guest_addresses: ["10.99.0.2/24"], guest_hostname: "guest-inside", guest_os: "Small Linux" },
  });
});

test("a machine that is suspended and resumed is told so at once, with an event each", async () => {
  await libvirtd.virsh("suspend", domain.name);
  const startMs = performance.now();
  await agent.node(id, ({ attributes }) => attributes.state === "paused");
  expect(performance.now() - startMs, "by its event, not by asking now and then").toBeLessThan(1_000);
  await libvirtd.virsh("resume", domain.name);
  await agent.node(id, ({ attributes }) => attributes.state === "running");
  await eventually(() => kindsOf().length === 3, { what: () => `three events, not ${kindsOf()}` });
  expect(kindsOf()).toEqual(["vm-started", "vm-suspended", "vm-resumed"]);
});

test("a libvirtd that is restarted loses no element, tells nothing that did not happen, and goes on with the same series", async () => {
  const seriesOf = (measurement: string) => new Set(linesOf(measurement).map((line) => line.split(" ")[0]));
  const removedBefore = removals();
  const before = { vm: seriesOf("vm"), net: seriesOf("vm_net") };
  await libvirtd.stop();
  await eventually(() => agent.entries.some(({ event }) => event === "source lost"), { what: "the loss of libvirt" });
  expect(await agent.node(id)).toMatchObject({ attributes: { state: "running" } });
  await libvirtd.start();
  const written = linesOf("vm").length;
  await eventually(() => linesOf("vm").length > written + 1, { what: "samples after the restart" });
  expect({ vm: seriesOf("vm"), net: seriesOf("vm_net") }).toEqual(before);
  expect(removals()).toEqual(removedBefore);
  expect(kindsOf()).toEqual(["vm-started", "vm-suspended", "vm-resumed"]);
  expect(await agent.node(id)).toMatchObject({ attributes: { state: "running" } });
});

/** Elements of this machine that the collector was told are gone. */
const removals = () =>
  JSON.stringify(agent.collector.changes).match(new RegExp(`"remove[^"]*":[^\\]]*${domain.uuid}`, "g")) ?? [];

test("a machine whose QEMU hangs holds up no other, and when it dies that is told as what it is", async () => {
  const other = { uuid: crypto.randomUUID(), name: "hangs" };
  const otherId = elementIdOf("host", HOST, "domain", other.uuid);
  const file = join(libvirtd.folder, "other.xml");
  await writeFile(file, bareDomainXml(other));
  await libvirtd.virsh("create", file, "--paused");
  await agent.node(otherId, ({ attributes }) => attributes.state === "paused");
  const pid = Number(await readFile(join(libvirtd.runFolder, "qemu", `${other.name}.pid`), "latin1"));
  process.kill(pid, "SIGSTOP");
  const written = linesOf("vm_net").length;
  await eventually(() => linesOf("vm_net").length > written + 5, { what: "samples of the other machine" });
  process.kill(pid, "SIGKILL");
  await agent.gone(otherId);
  const kinds = () => events.filter(({ element }) => element === otherId).map(({ kind }) => kind);
  await eventually(() => kinds().includes("vm-crashed"), { what: () => `its crash, after ${kinds()}` });
  expect(await agent.node(id)).toMatchObject({ attributes: { state: "running" } });
});

test("a tap that no machine has is left over, that of the machine is not", async () => {
  const { tap: left } = newPort();
  await network.ip("tuntap", "add", left, "mode", "tap");
  lifetime.defer("tap left over", async () => void (await network.ip("link", "del", left)));
  await network.ip("link", "set", left, "up");
  await agent.node(interfaceId(HOST, undefined, left));
  const found = wrong("tap_without_owner", [...agent.collector.elements.values()]).flatMap(({ elements }) => elements);
  expect(found).toContain(interfaceId(HOST, undefined, left));
  expect(found).not.toContain(interfaceId(HOST, undefined, domain.tap));
});

test("a tap that is deleted under its machine is found by name", async () => {
  const found = () => wrong("domain_interface_without_backend", [...agent.collector.elements.values()]);
  await agent.node(interfaceId(HOST, undefined, domain.tap));
  expect(found()).toEqual([]);
  await network.ip("link", "del", domain.tap);
  await eventually(() => found().length > 0, { what: "the finding" });
  expect(found()).toEqual([{ elements: [id], level: "critical", interface_type: "tap", target: domain.tap }]);
});

test("a machine that is destroyed is shut off, and gone when it is undefined", async () => {
  await libvirtd.virsh("destroy", domain.name);
  await agent.node(id, ({ attributes }) => attributes.state === "shutoff");
  await eventually(() => kindsOf().at(-1) === "vm-stopped", { what: () => `the end of it, after ${kindsOf()}` });
  await libvirtd.virsh("undefine", domain.name);
  await agent.gone(id);
});
