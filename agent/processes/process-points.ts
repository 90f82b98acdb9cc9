import type { EpochMs } from "../../core/clock.ts";
import type { Point } from "../../core/line-protocol.ts";
import type { IoTable } from "./process-io.ts";
import type { ProcessStat } from "./process-stat.ts";
import { type NameTotals, nameKey } from "./process-table.ts";

/** One line for each name. */
export function processPoints(names: readonly NameTotals[], io: IoTable, at: EpochMs): readonly Point[] {
  return names.map((totals): Point => {
    const { comm, guest = "" } = totals.name;
    const moved = io.byName.get(nameKey(totals.name));
    return {
      measurement: "process",
      tags: { comm, guest },
      fields: {
        cpu_s: Math.round(totals.cpuSeconds * 100) / 100,
        rss_bytes: { int: totals.rssBytes },
        threads: { int: totals.threads },
        count: { int: totals.members.length },
        major_faults: { int: totals.majorFaults },
        running: { int: totals.running },
        sleeping: { int: totals.sleeping },
        uninterruptible: { int: totals.uninterruptible },
        zombies: { int: totals.zombies },
        read_bytes: moved && { int: moved.readBytes },
        write_bytes: moved && { int: moved.writeBytes },
      },
      at,
    };
  });
}

/** How many processes of the host do what. */
export function processesPoint(processes: Iterable<ProcessStat>, at: EpochMs): Point {
  const counts = { running: 0, sleeping: 0, uninterruptible: 0, zombie: 0, stopped: 0 };
  let [total, threads] = [0, 0];
  for (const process of processes) {
    counts[process.state]++;
    total++;
    threads += process.threads;
  }
  return {
    measurement: "processes",
    tags: {},
    fields: {
      total: { int: total },
      threads: { int: threads },
      running: { int: counts.running },
      sleeping: { int: counts.sleeping },
      uninterruptible: { int: counts.uninterruptible },
      zombies: { int: counts.zombie },
      stopped: { int: counts.stopped },
    },
    at,
  };
}
