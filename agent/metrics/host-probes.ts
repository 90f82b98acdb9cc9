import { statfsSync } from "node:fs";
import type { EpochMs } from "../../core/clock.ts";
import type { PointSink, Probe, ProbeSession } from "../probe.ts";
import type { ProcReader } from "../proc-reader.ts";
import { cpuPoints } from "./cpu.ts";
import { filesystemPoint, localMounts } from "./filesystem.ts";
import { memoryPoint } from "./memory.ts";
import { netstatPoint } from "./netstat.ts";
import { PRESSURE_RESOURCES, pressurePoints } from "./pressure.ts";
import { softnetPoints } from "./softnet.ts";
import { systemPoint } from "./system.ts";

/** What is read from fixed files of /proc and needs nothing from one sample to the next; connections are in `agent/connections`. */
export function hostProbes(proc: ProcReader): readonly Probe[] {
  return [
    probeOf("cpu", proc, "/proc/stat", (stat, at, sink) => cpuPoints(stat, at).forEach(sink)),
    probeOf("system", proc, "/proc/loadavg", (loadavg, at, sink) => {
      const [stat, uptime] = [proc.text("/proc/stat") ?? "", proc.text("/proc/uptime") ?? ""];
      sink(systemPoint({ loadavg, stat, uptime }, at));
    }),
    probeOf("mem", proc, "/proc/meminfo", (meminfo, at, sink) => {
      sink(memoryPoint(meminfo, proc.text("/proc/vmstat") ?? "", at));
    }),
    // Absent without CONFIG_PSI or `psi=1`.
    probeOf("pressure", proc, "/proc/pressure/cpu", (_, at, sink) => {
      for (const resource of PRESSURE_RESOURCES) {
        pressurePoints(resource, proc.text(`/proc/pressure/${resource}`) ?? "", at).forEach(sink);
      }
    }),
    probeOf("filesystem", proc, "/proc/mounts", sampleFilesystems),
    probeOf("softnet", proc, "/proc/net/softnet_stat", (stat, at, sink) => softnetPoints(stat, at).forEach(sink)),
    probeOf("netstat", proc, "/proc/net/snmp", (snmp, at, sink) => {
      sink(netstatPoint(snmp, proc.text("/proc/net/netstat") ?? "", at));
    }),
  ];
}

/** A probe of one file that is there or not; `emit` gets its text. */
function probeOf(
  name: string,
  proc: ProcReader,
  path: string,
  emit: (text: string, at: EpochMs, sink: PointSink) => void,
): Probe {
  const session: ProbeSession = {
    sample(at, sink) {
      const text = proc.text(path);
      if (text !== undefined) emit(text, at, sink);
    },
  };
  return { name, detect: async () => (proc.text(path) === undefined ? undefined : session) };
}

function sampleFilesystems(mounts: string, at: EpochMs, sink: PointSink): void {
  for (const mount of localMounts(mounts)) {
    const size = sizeOf(mount.mountpoint);
    if (size !== undefined) sink(filesystemPoint(mount, size, at));
  }
}

/** Undefined for a mount that is hidden from here: /proc/mounts also lists what lies under another mount. */
function sizeOf(mountpoint: string) {
  try {
    const size = statfsSync(mountpoint);
    return {
      blockBytes: size.bsize,
      blocks: size.blocks,
      blocksAvailable: size.bavail,
      files: size.files,
      filesFree: size.ffree,
    };
  } catch (thrown) {
    if (thrown instanceof Error && "code" in thrown) return undefined;
    throw thrown;
  }
}
