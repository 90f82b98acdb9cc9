import type { Probe } from "../probe.ts";
import type { ProcReader } from "../proc-reader.ts";
import { type DiskCounters, diskPoint, parseDiskLine } from "./disk.ts";
import { diskDevicePoint, readDiskDevice } from "./disk-device.ts";
import { createLatencyWindow, type LatencyWindow } from "./disk-latency.ts";
import { numberOf } from "./number-text.ts";

/** Sums are read this often; see disk-latency.ts. */
const LOOK_EVERY_MS = 1_000;

/** What a device is changes with the device; PromQL looks back five minutes for it. */
const TELL_DEVICES_EVERY_MS = 60_000;

interface Windows {
  readonly reads: LatencyWindow;
  readonly writes: LatencyWindow;
}

/** Counters and latency of whole disks, and what those disks are. */
export function diskProbe(proc: ProcReader): Probe {
  return {
    name: "diskio",
    async detect({ signal }) {
      if (proc.text("/proc/diskstats") === undefined) return undefined;
      const windows = new Map<string, Windows>();
      const told = new Set<string>();
      let wholeDisks: ReadonlySet<string> = new Set(proc.names("/sys/block"));
      let looked: readonly string[] = [];
      let toldAt = Number.NEGATIVE_INFINITY;

      function look(): void {
        const lines = (proc.text("/proc/diskstats") ?? "").split("\n");
        for (const [index, line] of lines.entries()) {
          // Of a hundred volumes most did nothing within a second.
          if (line === looked[index]) continue;
          const disk = parseDiskLine(line, wholeDisks);
          if (disk !== undefined) addSums(disk);
        }
        looked = lines;
      }

      function addSums({ device, values }: DiskCounters): void {
        const window = windows.get(device) ?? { reads: createLatencyWindow(), writes: createLatencyWindow() };
        windows.set(device, window);
        addTo(window.reads, values[0], values[3]);
        addTo(window.writes, values[4], values[7]);
      }

      const timer = setInterval(look, LOOK_EVERY_MS).unref();
      signal.addEventListener("abort", () => clearInterval(timer), { once: true });
      look();
      return {
        sample(at, sink) {
          wholeDisks = new Set(proc.names("/sys/block"));
          look();
          const disks = looked.flatMap((line) => parseDiskLine(line, wholeDisks) ?? []);
          const isTelling = at - toldAt >= TELL_DEVICES_EVERY_MS;
          if (isTelling) toldAt = at;
          for (const disk of disks) {
            const window = windows.get(disk.device);
            sink(diskPoint(disk, { reads: window?.reads.estimate(), writes: window?.writes.estimate() }, at));
            if (isTelling || !told.has(disk.device)) sink(diskDevicePoint(readDiskDevice(proc, disk.device), at));
            told.add(disk.device);
          }
          const present = new Set(disks.map(({ device }) => device));
          for (const device of told) if (!present.has(device)) told.delete(device);
          for (const device of windows.keys()) if (!present.has(device)) windows.delete(device);
        },
      };
    },
  };
}

function addTo(window: LatencyWindow, requests: string | undefined, timeMs: string | undefined): void {
  const sums = { requests: numberOf(requests), timeMs: numberOf(timeMs) };
  if (sums.requests === undefined || sums.timeMs === undefined) return;
  window.add({ requests: sums.requests, timeMs: sums.timeMs });
}
