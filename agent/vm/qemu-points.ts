import type { EpochMs } from "../../core/clock.ts";
import { intField, type Point } from "../../core/line-protocol.ts";
import { TICKS_PER_SECOND } from "../metrics/cpu.ts";
import type { ProcReader } from "../proc-reader.ts";
import type { VcpuReading } from "./busy-vcpus.ts";
import { vmTags } from "./domain-points.ts";
import { guestViewOf, networkPoint, type OneWay } from "./guest-view.ts";
import type { QemuMachine } from "./qemu-machine.ts";
import { ageOf, statWords } from "./qemu-process.ts";

export interface QemuReading {
  readonly points: readonly Point[];
  readonly vcpus: readonly VcpuReading[];
}

export interface QemuReadingContext {
  readonly pageBytes: number;
  /** Seconds since boot. */
  readonly uptimeSeconds: number | undefined;
  /** Text of /proc/net/dev, in whose namespace the taps are. */
  readonly netDev: string;
  readonly at: EpochMs;
}

/** What the kernel counts for one machine; undefined when its process is gone. */
export function readQemu(proc: ProcReader, machine: QemuMachine, context: QemuReadingContext): QemuReading | undefined {
  const { pid, config, startSeconds } = machine;
  const words = statWords(proc, pid);
  const [user, system, rssPages] = [Number(words?.[11]), Number(words?.[12]), Number(words?.[21])];
  if (words === undefined || Number.isNaN(rssPages)) return undefined;
  // The machine's process may have ended and its number be that of another one.
  if (Number(words[19]) / TICKS_PER_SECOND !== startSeconds) return undefined;
  const vcpus = vcpuReadings(proc, machine);
  const io = proc.text(`/proc/${pid}/io`) ?? "";
  const { uptimeSeconds, at } = context;
  const fields = {
    state: { int: 1 },
    running: { int: 1 },
    uptime_s: ageOf(uptimeSeconds, startSeconds),
    vcpus: intField(config.vcpus),
    cpu_time_s: (user + system) / TICKS_PER_SECOND,
    cpu_user_s: user / TICKS_PER_SECOND,
    cpu_system_s: system / TICKS_PER_SECOND,
    steal_s: stealSeconds(vcpus),
    mem_max_bytes: config.memoryMib === undefined ? undefined : { int: config.memoryMib * 2 ** 20 },
    mem_rss_bytes: { int: rssPages * context.pageBytes },
    io_read_bytes: countAt(io, "read_bytes"),
    io_write_bytes: countAt(io, "write_bytes"),
  };
  return { points: [{ measurement: "vm", tags: vmTags(config), fields, at }, ...tapPoints(machine, context)], vcpus };
}

function stealSeconds(vcpus: readonly VcpuReading[]): number | undefined {
  if (vcpus.length === 0) return undefined;
  return Math.round(vcpus.reduce((sum, { delaySeconds = 0 }) => sum + delaySeconds, 0) * 1_000_000) / 1_000_000;
}

/** `schedstat`: nanoseconds it ran, nanoseconds it waited to run, slices (Documentation/scheduler/sched-stats.rst). */
function vcpuReadings(proc: ProcReader, { pid, config, vcpuThreads }: QemuMachine): readonly VcpuReading[] {
  const readings: VcpuReading[] = [];
  for (const [number, thread] of vcpuThreads) {
    const [ran, waited] = (proc.text(`/proc/${pid}/task/${thread}/schedstat`) ?? "").split(" ").map(Number);
    if (ran === undefined || waited === undefined) continue;
    readings.push({ config, number, timeSeconds: ran / 1e9, delaySeconds: waited / 1e9 });
  }
  return readings;
}

function tapPoints({ config }: QemuMachine, { netDev, at }: QemuReadingContext): readonly Point[] {
  return config.interfaces.flatMap(({ backend, target }) => {
    const line = netDev.split("\n").find((it) => it.trimStart().startsWith(`${target}:`));
    const counts = line
      ?.slice(line.indexOf(":") + 1)
      .trim()
      .split(/\s+/)
      .map(Number);
    if (counts === undefined || counts.length < 12) return [];
    const way = (from: number): OneWay => {
      const [bytes, packets, errors, dropped] = counts.slice(from, from + 4);
      return { bytes, packets, errors, dropped };
    };
    const traffic = guestViewOf(backend, { rx: way(0), tx: way(8) });
    return [networkPoint({ config, device: target, traffic, at })];
  });
}

function countAt(io: string, name: string): { readonly int: number } | undefined {
  const text = new RegExp(`^${name}: (\\d+)$`, "m").exec(io)?.[1];
  return text === undefined ? undefined : { int: Number(text) };
}
