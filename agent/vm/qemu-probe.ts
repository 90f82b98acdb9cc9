import type { EpochMs } from "../../core/clock.ts";
import { MAX_EVENT_TEXT_CHARS } from "../../core/host-event.ts";
import type { PointSink, Probe, ProbeContext, ProbeSession } from "../probe.ts";
import { pageBytesOf } from "../processes/process-stat.ts";
import { stepVcpus, type VcpuReading, type VcpuTable, vcpuPoints } from "./busy-vcpus.ts";
import { domainContribution, domainId } from "./domain-elements.ts";
import type { LibvirtPresence } from "./libvirt-probe.ts";
import { type QemuMachine, readMachine } from "./qemu-machine.ts";
import { readQemu } from "./qemu-points.ts";
import { uptimeOf } from "./qemu-process.ts";
import { createQemuScan } from "./qemu-scan.ts";
import type { VmDeps, VmOptions } from "./vm-probes.ts";

/** Files and threads of a known machine are looked at again this often: cards may be plugged in. */
const READ_AGAIN_MS = 60_000;

/**
 * Machines that no libvirt tells of, by their processes. Where libvirt has answered once, it is believed from then on, also
 * while it restarts: machines would seem to lose what only it knows.
 */
export function qemuProbe(options: VmOptions, deps: VmDeps, libvirt: LibvirtPresence): Probe {
  const { proc, clock } = deps;
  const scan = createQemuScan(proc);

  async function detect(context: ProbeContext): Promise<ProbeSession | undefined> {
    await libvirt.looked;
    if (libvirt.hasAnswered) return undefined;
    const found = await scan.processes(clock.monotonicMs());
    return found.length === 0 ? undefined : openSession(context);
  }

  async function openSession(context: ProbeContext): Promise<ProbeSession> {
    const pageBytes = pageBytesOf(proc.text("/proc/self/auxv"));
    const ended = Promise.withResolvers<string>();
    let machines: readonly QemuMachine[] = await read([], Number.NEGATIVE_INFINITY);
    let readMs = clock.monotonicMs();
    let vcpus: VcpuTable = new Map();

    async function lookAgain(): Promise<void> {
      const before = machines;
      machines = await read(before, readMs);
      if (machines !== before) readMs = clock.monotonicMs();
      const [was, is] = [uuidsOf(before), uuidsOf(machines)];
      for (const it of machines) if (!was.has(it.config.uuid)) report(context, it, "vm-started");
      for (const it of before) if (!is.has(it.config.uuid)) report(context, it, "vm-stopped");
      if (machines !== before) context.changed();
      if (machines.length === 0) ended.resolve("no machine is left");
    }

    async function sample(at: EpochMs, sink: PointSink): Promise<void> {
      if (libvirt.hasAnswered) return ended.resolve("libvirt tells of them now");
      await lookAgain();
      const reading = { pageBytes, uptimeSeconds: uptimeOf(proc), netDev: proc.text("/proc/net/dev") ?? "", at };
      const readings: VcpuReading[] = [];
      for (const machine of machines) {
        const told = readQemu(proc, machine, reading);
        told?.points.forEach(sink);
        readings.push(...(told?.vcpus ?? []));
      }
      vcpus = stepVcpus(vcpus, readings, at);
      vcpuPoints(vcpus).forEach(sink);
    }

    return {
      ended: ended.promise,
      sample,
      contribute(view) {
        if (libvirt.hasAnswered) return { elements: [] };
        const known = machines.map(({ config, functions }) => ({
          config,
          state: "running",
          pausedReason: undefined,
          guest: undefined,
          functions,
        }));
        return domainContribution(known, view, context.elements());
      },
    };
  }

  /** The same list as before when the same processes run and it is not time to look at them again. */
  async function read(before: readonly QemuMachine[], readMs: number): Promise<readonly QemuMachine[]> {
    const found = await scan.processes(clock.monotonicMs());
    const isSame = found.length === before.length && found.every(({ pid }, index) => pid === before[index]?.pid);
    if (isSame && clock.monotonicMs() - readMs < READ_AGAIN_MS) return before;
    const machines: QemuMachine[] = [];
    for (const it of found) {
      const machine = readMachine(proc, it, options.libvirtRunFolder);
      if (machine !== undefined) machines.push(machine);
      // All open files and threads of one: others have their turn before the next.
      await new Promise(setImmediate);
    }
    return machines;
  }

  function report(
    { report: tell }: ProbeContext,
    { config, pid }: QemuMachine,
    kind: "vm-started" | "vm-stopped",
  ): void {
    const reason = kind === "vm-started" ? "its process appeared" : "its process ended";
    tell({
      at: clock.now(),
      kind,
      element: domainId(deps.host, config.uuid),
      severity: "info",
      text: `${config.name}: ${reason}`.slice(0, MAX_EVENT_TEXT_CHARS),
      attributes: { vm_id: config.uuid, reason, pid: Number(pid) },
    });
  }

  return { name: "qemu", detect };
}

function uuidsOf(machines: readonly QemuMachine[]): ReadonlySet<string> {
  return new Set(machines.map(({ config }) => config.uuid));
}
