import type { EpochMs } from "../../core/clock.ts";
import type { Point } from "../../core/line-protocol.ts";
import { dividedOf, intOf, scaledIntOf } from "./number-text.ts";

/** The unit of /proc/diskstats, whatever the device's own sector size. */
const SECTOR_BYTES = 512;

/**
 * One point for each whole disk, from /proc/diskstats. `wholeDisks` are the names in /sys/block, which lists no
 * partitions; loop devices and RAM disks say nothing about the host.
 */
export function diskPoints(diskstats: string, wholeDisks: ReadonlySet<string>, at: EpochMs): readonly Point[] {
  const points: Point[] = [];
  for (const line of diskstats.split("\n")) {
    const [, , device, ...v] = line.trim().split(/\s+/);
    // /sys/block writes `!` where a device's name has `/` (cciss/c0d0).
    if (device === undefined || !wholeDisks.has(device.replaceAll("/", "!"))) continue;
    if (/^(loop|ram|zram|fd|sr)\d+$/.test(device)) continue;
    points.push({
      measurement: "diskio",
      tags: { device },
      fields: {
        reads: intOf(v[0]),
        read_bytes: scaledIntOf(v[2], SECTOR_BYTES),
        read_time_s: dividedOf(v[3], 1000),
        writes: intOf(v[4]),
        write_bytes: scaledIntOf(v[6], SECTOR_BYTES),
        write_time_s: dividedOf(v[7], 1000),
        in_flight: intOf(v[8]),
        io_time_s: dividedOf(v[9], 1000),
        weighted_io_time_s: dividedOf(v[10], 1000),
      },
      at,
    });
  }
  return points;
}
