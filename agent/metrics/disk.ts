import type { EpochMs } from "../../core/clock.ts";
import type { FieldValue, Point } from "../../core/line-protocol.ts";
import type { LatencyEstimate } from "./disk-latency.ts";
import { dividedOf, intOf, scaledIntOf } from "./number-text.ts";

/** The unit of /proc/diskstats, whatever the device's own sector size. */
const SECTOR_BYTES = 512;

/** What the kernel counts of one device (Documentation/admin-guide/iostats.rst), as it is written. */
export interface DiskCounters {
  readonly device: string;
  /** Columns 4 and on of its line. */
  readonly values: readonly string[];
}

/**
 * One line of /proc/diskstats; undefined for what is no whole disk. `wholeDisks` are the names in /sys/block, which lists no
 * partitions; loop devices and RAM disks say nothing about the host.
 */
export function parseDiskLine(line: string, wholeDisks: ReadonlySet<string>): DiskCounters | undefined {
  const [, , device, ...values] = line.trim().split(/\s+/);
  // /sys/block writes `!` where a device's name has `/` (cciss/c0d0).
  if (device === undefined || !wholeDisks.has(device.replaceAll("/", "!"))) return undefined;
  return /^(loop|ram|zram|fd|sr|nbd)\d+$/.test(device) ? undefined : { device, values };
}

export interface DiskLatencies {
  readonly reads: LatencyEstimate | undefined;
  readonly writes: LatencyEstimate | undefined;
}

export function diskPoint({ device, values: v }: DiskCounters, latencies: DiskLatencies, at: EpochMs): Point {
  return {
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
      ...latencyFields("read", latencies.reads),
      ...latencyFields("write", latencies.writes),
    },
    at,
  };
}

function latencyFields(
  direction: "read" | "write",
  estimate: LatencyEstimate | undefined,
): { readonly [field: string]: FieldValue } {
  if (estimate === undefined) return {};
  return {
    [`${direction}_latency_s`]: estimate.meanS,
    [`${direction}_latency_p50_s`]: estimate.p50S,
    [`${direction}_latency_p95_s`]: estimate.p95S,
    [`${direction}_latency_p99_s`]: estimate.p99S,
  };
}
