import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { elementIdOf, hostId, interfaceId } from "../../../core/element-id.ts";
import { Lifetime } from "../../../core/lifetime.ts";
import { eventually } from "../../fixtures/eventually.ts";
import { wrong } from "../../topology/invariants/judging.ts";
import { guestImage } from "../fixtures/guest-image.ts";
import { createTestNetwork } from "../fixtures/namespaces.ts";
import { HOST, type RunningAgent, startRunningAgent } from "../fixtures/running-agent.ts";
import { end } from "../fixtures/server-process.ts";
import { makeDisk } from "../fixtures/test-domain.ts";

// A machine that somebody started by hand, on a host where no libvirt ever answered.

const lifetime = new Lifetime();
const uuid = crypto.randomUUID();
const id = elementIdOf("host", HOST, "domain", uuid);
let agent: RunningAgent;
let tap: string;
let machine: ReturnType<typeof spawn>;

beforeAll(async () => {
  const image = await guestImage();
  const network = await createTestNetwork(lifetime);
  tap = network.interfaceName();
  await network.ip("tuntap", "add", tap, "mode", "tap");
  lifetime.defer("tap", async () => void (await network.ip("link", "del", tap)));
  await network.ip("link", "set", tap, "up");
  const folder = mkdtempSync(join(tmpdir(), "nephoscope-qemu-"));
  lifetime.defer("folder", () => rmSync(folder, { recursive: true }));
  await makeDisk(join(folder, "disk.img"));
  const args = ["-name", "guest=by-hand,debug-threads=on", "-uuid", uuid, "-m", "size=192M", "-smp", "2,sockets=2"];
  args.push("-machine", "pc,accel=tcg", "-nographic", "-nodefaults", "-no-reboot");
  args.push("-kernel", image.kernel, "-initrd", image.initrd, "-append", "quiet mitigations=off");
  args.push("-drive", `file=${join(folder, "disk.img")},format=raw,if=virtio`);
  args.push("-netdev", `tap,id=n,ifname=${tap},script=no,downscript=no`, "-device", "virtio-net-pci,netdev=n");
  machine = spawn("qemu-system-x86_64", args, { stdio: "ignore" });
  lifetime.defer("machine", () => end(machine, "SIGKILL"));
  const vm = { libvirtRunFolder: join(folder, "no-libvirt"), guestAgent: true };
  await eventually(() => machine.pid !== undefined, { what: "the process" });
  agent = await startRunningAgent(lifetime, { intervalMs: 1_000, vm });
});
afterAll(() => lifetime.end());

function linesOf(measurement: string): readonly string[] {
  const lines = agent.collector.writes.flatMap((write) => write.lines);
  return lines.filter((line) => line.startsWith(`${measurement},`) && line.includes(uuid));
}

function lastOf(measurement: string, field: string): number {
  const pattern = new RegExp(`[ ,]${field}=([\\d.]+)`);
  return Number(
    linesOf(measurement)
      .flatMap((line) => pattern.exec(line)?.[1] ?? [])
      .at(-1),
  );
}

test("a process of QEMU is told as a machine like any other, with its tap", async () => {
  const node = await agent.node(id, ({ attributes }) => "interfaces" in attributes);
  expect(node).toMatchObject({
    kind: "domain",
    name: "by-hand",
    parent: hostId(HOST),
    attributes: { uuid, state: "running", interfaces: [`tap:${tap}`], vcpus: 2, memory_mib: 192, machine: "pc" },
  });
  const tapId = interfaceId(HOST, undefined, tap);
  await eventually(() => agent.linksOf("attached", tapId).length === 1, { what: "the link to the tap" });
  expect(wrong("domain_interface_without_backend", [...agent.collector.elements.values()])).toEqual([]);
});

test("its processors, memory and traffic are counted, the traffic as the guest sees it", async () => {
  const within = { withinMs: 60_000, what: () => `what it sends: ${lastOf("vm_net", "tx_bytes")}` };
  await eventually(() => lastOf("vm_net", "tx_bytes") > 20_000, within);
  expect(lastOf("vm_net", "rx_bytes")).toBeLessThan(5_000);
  expect(lastOf("vm", "cpu_time_s")).toBeGreaterThan(1);
  expect(lastOf("vm", "steal_s")).toBeGreaterThan(0);
  expect(lastOf("vm", "mem_rss_bytes")).toBeGreaterThan(30e6);
  expect(lastOf("vm", "mem_max_bytes")).toBe(192 * 2 ** 20);
  expect(lastOf("vm", "uptime_s")).toBeGreaterThan(1);
  expect(linesOf("vm_vcpu").length, "booting keeps a processor busy").toBeGreaterThan(0);
});

test("when its process ends the machine is gone", async () => {
  await end(machine, "SIGKILL");
  await agent.gone(id);
});
