import type { EpochMs } from "../../core/clock.ts";
import type { Point } from "../../core/line-protocol.ts";

const COLUMN = { processed: 0, dropped: 1, timeSqueeze: 2, cpu: 12 } as const;

/**
 * One point for each online CPU, from /proc/net/softnet_stat: hexadecimal columns. Rows skip offline CPUs, so the CPU's
 * number is taken from its own column; kernels before 5.10 have none, there it is the row's number.
 */
export function softnetPoints(softnetStat: string, at: EpochMs): readonly Point[] {
  return softnetStat
    .split("\n")
    .filter((line) => line !== "")
    .map((line, row): Point => {
      const columns = line.trim().split(/\s+/);
      const hex = (index: number) => {
        const text = columns[index];
        return text === undefined ? undefined : Number.parseInt(text, 16);
      };
      const count = (index: number) => {
        const value = hex(index);
        return value === undefined ? undefined : { int: value };
      };
      return {
        measurement: "softnet",
        tags: { cpu: String(hex(COLUMN.cpu) ?? row) },
        fields: {
          processed: count(COLUMN.processed),
          dropped: count(COLUMN.dropped),
          time_squeeze: count(COLUMN.timeSqueeze),
        },
        at,
      };
    });
}
