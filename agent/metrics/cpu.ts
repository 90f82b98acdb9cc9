import type { EpochMs } from "../../core/clock.ts";
import type { Point } from "../../core/line-protocol.ts";
import { dividedOf } from "./number-text.ts";

/** USER_HZ: the unit of /proc/stat and /proc/<pid>/stat on every Linux that matters (`getconf CLK_TCK`). */
export const TICKS_PER_SECOND = 100;

const FIELDS = ["user", "nice", "system", "idle", "iowait", "irq", "softirq", "steal", "guest"] as const;

/** One point for each CPU and one for all (`cpu="all"`), from /proc/stat. Guest time is part of user time. */
export function cpuPoints(stat: string, at: EpochMs): readonly Point[] {
  const points: Point[] = [];
  for (const line of stat.split("\n")) {
    if (!line.startsWith("cpu")) break;
    const [name = "", ...ticks] = line.split(/\s+/);
    const fields: Record<string, number | undefined> = {};
    FIELDS.forEach((field, index) => {
      fields[`${field}_s`] = dividedOf(ticks[index], TICKS_PER_SECOND);
    });
    points.push({ measurement: "cpu", tags: { cpu: name === "cpu" ? "all" : name.slice(3) }, fields, at });
  }
  return points;
}
